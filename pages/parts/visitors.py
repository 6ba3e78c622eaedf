"""Who looks at this screen, and what they may do."""

import streamlit as st

from core.records import LOCAL, NOBODY, Run, Visitor
from core.serving import COOKIE, passes_of, school_visitor
from core.settings import settings
from pages.parts import login


def several() -> bool:
    """Whether people who sign in share this server: a class, or a school with a login of its own."""
    return settings().class_mode or login.configured()


def current() -> Visitor:
    """Whoever looks at this screen; at this machine's own screen somebody who may do everything."""
    if login.configured():
        user = st.user.to_dict() if st.user.is_logged_in else {}
        return school_visitor(user, settings().teachers, settings().login_domains) or NOBODY
    if settings().class_mode:
        return passes_of(settings()).read(st.context.cookies.get(COOKIE)) or NOBODY
    return LOCAL


def may_change(run: Run) -> bool:
    """Whether this visitor may stop, rename or delete a run."""
    return current().may_change(run.owner)


def of(run: Run) -> str:
    """ " · mia-4f2a91" beside a run of a class, empty elsewhere."""
    return f" · {run.owner}" if run.owner and several() else ""
