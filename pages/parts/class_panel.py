"""The chip of a class in the selection bar: who one is here; for the teacher the code, the limits, the visitors."""

import streamlit as st

from core.errors import ThawError
from core.jobs import quotas
from core.jobs.limits import MOST_GIGABYTES, MOST_WAITING, Limits, limits, set_limits
from core.records import Run, Status, Visitor
from core.serving import LEAVE, class_codes, grouped, own_addresses
from core.settings import settings
from pages.parts import loaders, login, visitors, words

MOST_LISTED = 60  # visitors in the teacher's table


def chip() -> None:
    """Nothing at this machine's own screen."""
    if not visitors.several():
        return
    me = visitors.current()
    label = f"{words.plain(me.name or me.id)} (teacher)" if me.teacher else words.plain(me.name or me.id)
    with st.popover(label, icon=":material/school:", key="class_panel", on_change="rerun") as panel:
        if not panel.open:
            return
        if me.teacher:
            _for_the_teacher()
        else:
            _own(me)
        _leave()


def _own(me: Visitor) -> None:
    """What a pupil has taken of what they may."""
    bounds, runs = limits(settings()), loaders.runs()
    waiting = sum(run.owner == me.id and run.status == Status.QUEUED for run in runs)
    used = quotas.disk(settings(), loaders.store(), me.id)
    st.markdown(f"Your trainings carry **{words.plain(me.id)}**.")
    st.caption(
        f"{waiting} of at most {words.count(bounds.waiting, 'training')} waiting; "
        f"{words.memory(used / 2**20)} of {words.memory(bounds.gigabytes * 1024)} of photos and runs. Visitors take "
        "turns, and a training that somebody else has started already is shared, not done twice."
    )


def _for_the_teacher() -> None:
    if settings().class_mode and not login.configured():
        _code()
    _limits()
    _visitors(loaders.runs())


def _code() -> None:
    st.metric("Class code", grouped(class_codes(settings()).pupils))
    port = st.get_option("server.port")
    places = [f"`http://{address if ':' not in address else f'[{address}]'}:{port}`" for address in own_addresses()[:3]]
    st.caption("Pupils open " + " or ".join(places) + " and type the code." if places else "This machine is offline.")
    st.button(
        "New codes",
        key="class_new_codes",
        icon=":material/refresh:",
        on_click=lambda: class_codes(settings(), new=True),
        help="Everybody must then type the new code, you too: the terminal that started Thaw shows yours with "
        "`python -m core class`. What is queued goes on.",
    )


def _limits() -> None:
    now = limits(settings())
    with st.form("class_limits", border=False):
        waiting = st.number_input(
            "Trainings that may wait, a visitor",
            min_value=1,
            max_value=MOST_WAITING,
            value=now.waiting,
            key="class_waiting",
            help="Besides the one that runs. Visitors take turns.",
        )
        gigabytes = st.number_input(
            "Room on the disk, GB a visitor",
            min_value=0.1,
            max_value=MOST_GIGABYTES,
            value=now.gigabytes,
            step=0.5,
            format="%.1f",
            key="class_gigabytes",
            help="Photos that they brought in and files of their runs. Teachers are not bound.",
        )
        if st.form_submit_button("Set the limits", key="class_set_limits"):
            try:
                set_limits(settings(), Limits(int(waiting), float(gigabytes)))
                st.toast("The limits are set.", icon=":material/check:")
            except ThawError as error:
                st.error(words.plain(str(error)), icon=":material/error:")


def _visitors(runs: list[Run]) -> None:
    """Who started what."""
    table = quotas.by_visitor(runs)
    if table.empty:
        st.caption("Nobody has started a training yet.")
        return
    st.dataframe(
        table.head(MOST_LISTED), hide_index=True, height=38 + 35 * min(len(table), 8), alt="Trainings by visitor"
    )


def _leave() -> None:
    if login.configured():
        st.button("Sign out", key="class_sign_out", icon=":material/logout:", on_click=st.logout)
    else:
        # Not a link button: that one opens another window, and this one would stay as it is.
        st.html(f'<a href="{LEAVE}" target="_self" style="color: inherit">Leave the class</a>')
