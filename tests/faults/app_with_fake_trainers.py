"""`python -m streamlit run app.py` with the fake trainers in place of the real one."""

from streamlit.web.cli import main

import core.jobs.local

core.jobs.local.TRAINER = "fake_trainers:train"  # before the app and its service are imported, which take it over
main(prog_name="streamlit")
