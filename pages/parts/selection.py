"""The selection bar under the navigation: what every figure on the screen speaks of. It lives in the address.

Pages read the choice through the functions here; `choose` and `set_runs` change it, from a callback or, followed by
`st.rerun()`, from a page's body.
"""

import streamlit as st

from core.errors import ThawError
from core.evaluation import letter
from core.records import Dataset, Run, Split, Status
from core.serving import pace
from pages.parts import class_panel, loaders, warmup, words

DATASET, SPLIT, RUNS, TEST = "dataset", "split", "runs", "test"
_PENDING = "_selection_pending"
_LOOKED = "_selection_looked"
_GOING = "_selection_going"
_GONE = "_selection_gone"
_MOST_GONE = 5  # sentences about runs that are gone; more are counted


def dataset() -> Dataset | None:
    """The chosen dataset; None where there is none yet."""
    return _by_id(loaders.dataset_list(), st.session_state.get(DATASET))


def split() -> Split | None:
    """The chosen split of the chosen dataset; None where there is none yet."""
    chosen = dataset()
    return _by_id(loaders.split_list(chosen.id), st.session_state.get(SPLIT)) if chosen else None


def runs() -> list[str]:
    """Ids of the ticked runs, in the order they were ticked."""
    return list(st.session_state.get(RUNS, []))


def choose(**choice) -> None:
    """Choose dataset=, split=, runs= or test= by id; takes effect at the next rerun."""
    st.session_state[_PENDING] = st.session_state.get(_PENDING, {}) | choice


def set_runs(run_ids: list[str]) -> None:
    """Tick exactly these runs."""
    choose(runs=list(run_ids))


def show_test(looking_at: str | None = None) -> bool:
    """Whether test figures may be shown. `looking_at` names what is looked at, for the count beside the switch."""
    shown = bool(st.session_state.get(TEST, False))
    if shown and looking_at is not None:
        st.session_state.setdefault(_LOOKED, set()).add(looking_at)
    return shown


def dark() -> bool:
    """Whether this visitor's theme is the dark one."""
    return st.context.theme.type == "dark"


def go(page: str) -> None:
    """Switch to a page ("train.py") and keep the choice in the address."""
    st.session_state[_GOING] = page
    st.rerun()


def leave() -> None:
    """Switch to where `go` was asked to go; called by the frame first of all.

    A fragment's timer that ticks while `st.switch_page` is under way brings the old page's name back and leaves the
    new one empty (seen on 1.67). The run of the whole script that `go` asks for ends the timers first.
    """
    if page := st.session_state.pop(_GOING, None):
        st.switch_page(page, query_params=st.query_params)


def bar(page: str) -> None:
    """Draw the bar; called once by the frame, before the page whose name is `page`."""
    _apply_pending()
    with st.container(horizontal=True, vertical_alignment="center", key="selection_bar"):
        _dataset_widget()
        _split_widget()
        _runs_widget()
        _test_widget()
        _jobs(page)
        class_panel.chip()
    for sentence in st.session_state.pop(_GONE, ()):
        st.warning(words.plain(sentence), icon=":material/block:")
    if dataset() is None and warmup.drawing():
        st.fragment(_look_for_photos, run_every=1.0, key=f"selection_photos_{page}")()


def _apply_pending() -> None:
    for key, value in st.session_state.pop(_PENDING, {}).items():
        st.session_state[key] = value


def _by_id(records, record_id):
    return next((record for record in records if record.id == record_id), None)


def _keep_valid(key: str, labels: dict[str, str]) -> None:
    """Choose the first option where nothing valid is chosen, here or in the address.

    The widgets have no default of their own: a default is left out of the address, and a copied link would then show
    another dataset once a newer one is there.
    """
    here, address = st.session_state.get(key), st.query_params.get(key)
    valid = here in labels if key in st.session_state else address in labels.values()
    if labels and not valid:
        st.session_state[key] = next(iter(labels))


def _dataset_widget() -> None:
    found = loaders.dataset_list()
    newest = {record.name: record.id for record in found}  # versions count up under one name
    labels = {
        record.id: record.name if newest[record.name] == record.id else f"{record.name} v{record.version}"
        for record in found
    }
    labels = dict(reversed(labels.items()))  # the newest first: for somebody new that is Leaves
    _keep_valid(DATASET, labels)
    st.selectbox(
        "Photos",
        list(labels),
        index=None,
        required=True,
        format_func=lambda dataset_id: labels.get(dataset_id, ""),
        key=DATASET,
        bind="query-params",
        placeholder="no photos yet",
        disabled=not labels,
        width=220,
        help="The photos everything on this page speaks of. Add your own on the Photos page.",
    )


def _split_widget() -> None:
    chosen = dataset()
    found = loaders.split_list(chosen.id) if chosen else []
    labels = {record.id: record.id[:8] for record in reversed(found)}
    _keep_valid(SPLIT, labels)
    current = _by_id(found, st.session_state.get(SPLIT)) or (found[-1] if found else None)
    st.selectbox(
        "Split",
        list(labels),
        index=None,
        required=True,
        format_func=lambda split_id: split_id[:8],
        key=SPLIT,
        bind="query-params",
        placeholder="no split yet",
        disabled=not labels,
        width=170,
        help=words.split_sentence(current)
        if current
        else "Which photos train, validate and test. Make one on the Photos page.",
    )


def _runs_widget() -> None:
    found = {run.id: run for run in loaders.runs()}
    asked = _ticked(found)
    ticked = [run_id for run_id in asked if run_id in found]
    if len(ticked) < len(asked):
        st.session_state[_GONE] = _gone([run_id for run_id in asked if run_id not in found])
    if RUNS in st.session_state and ticked != list(st.session_state[RUNS]):
        st.session_state[RUNS] = ticked
    with st.popover(words.count(len(ticked), "run") + " ticked", help="The runs that Compare and Ensemble speak of."):
        for position, run_id in enumerate(ticked):
            st.text(f"{letter(position)}  {found[run_id].name}")
        st.multiselect(
            "Ticked runs",
            list(found),
            format_func=lambda run_id: run_id[:8],
            key=RUNS,
            bind="query-params",
            placeholder="none; tick them on the Compare page",
            help="Tick runs in the table on the Compare page; remove one here with its cross.",
        )


def _ticked(found: dict[str, Run]) -> list[str]:
    """Ids of the ticked runs; from the address, which has their beginnings, before the bound widget has read it."""
    if RUNS in st.session_state:
        return list(st.session_state[RUNS])
    short = {run_id[:8]: run_id for run_id in found}
    return [short.get(label, label[:32]) for label in st.query_params.get_all(RUNS)]


def _gone(run_ids: list[str]) -> list[str]:
    """What became of ticked runs that are in no list: deleted in another window, or in a link from elsewhere."""
    said = []
    for run_id in run_ids[:_MOST_GONE]:
        try:
            loaders.run(run_id)
        except ThawError as error:
            said.append(str(error))
    more = len(run_ids) - _MOST_GONE
    return said + ([f"And {words.count(more, 'more run')} that can't be found."] if more > 0 else [])


def _test_widget() -> None:
    looked = len(st.session_state.get(_LOOKED, ()))
    st.toggle(
        "Show test" if not looked else f"Show test ({looked} looked at)",
        key=TEST,
        bind="query-params",
        help="Choose on validation, report on test: each setting you judge by its test figure makes that figure "
        "a little less honest. The number counts how many you have looked at.",
    )


def _jobs(page: str) -> None:
    """How many jobs there are; moves as long as one is under way.

    The key differs from page to page: a timer of the last page must find nothing to run on this one.
    """
    active = any(not run.status.over for run in loaders.runs())
    st.fragment(_jobs_chip, run_every=pace(2.0) if active else None, key=f"selection_jobs_{page}")()


def _look_for_photos() -> None:
    """Draw the page anew once the server has drawn the demo photos."""
    if loaders.dataset_list() or not warmup.drawing():
        loaders.dataset_list.clear()  # the empty list may be a second old
        loaders.split_list.clear()
        st.rerun()


def _jobs_chip() -> None:
    if active := [run for run in loaders.runs() if not run.status.over]:
        st.page_link("train.py", label=_jobs_sentence(active), icon=":material/hourglass_top:")
    else:
        st.caption("No job running")


def _jobs_sentence(active: list[Run]) -> str:
    running = next((run for run in active if run.status == Status.RUNNING), None)
    left = words.duration(running.progress.eta_seconds) + " left" if running and running.progress.eta_seconds else ""
    return " · ".join(part for part in (words.count(len(active), "job"), left) if part)
