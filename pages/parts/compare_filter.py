"""Which runs stand in the table on Compare: the search box, the photos, and the rest under "More"."""

import unicodedata
from dataclasses import dataclass

import streamlit as st

from core.evaluation import letter
from core.records import Dataset, Run, Split, Status
from core.runs.naming import same_tag
from pages.parts import compare_deleted, compare_manage, loaders, run_words, selection, words

FIND, PHOTOS, FOLD = "compare_find", "compare_photos", "compare_fold"
STATUS, NETWORK, TAGS = "compare_status", "compare_network", "compare_tags"
ALL, THESE, SPLIT = "all", "these photos", "this split"
LONGEST = 200  # characters of a search


@dataclass(frozen=True)
class Wanted:
    """What the controls ask for; nothing asked leaves every run."""

    find: str = ""
    dataset: Dataset | None = None
    split: Split | None = None
    statuses: tuple[Status, ...] = ()
    networks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        return self != Wanted()


def controls(runs: list[Run], ticked: list[Run], repeats: bool) -> tuple[list[Run], bool]:
    """Draw them; returns the runs that fit, in the order given, and whether repeats are folded."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare_controls"):
        find = st.text_input(
            "Search runs",
            key=FIND,
            bind="query-params",
            type="search",
            live=True,
            max_chars=LONGEST,
            placeholder="name, tag or note",
            help="Every word must be found in a run's name, tags, note or network, or begin its id. It stays in the "
            "address, so a copied link shows the same list.",
            width=230,
        )
        photos = st.selectbox(
            "Trained on",
            [ALL, THESE, SPLIT],
            format_func={ALL: "All photos", THESE: "These photos", SPLIT: "This split"}.get,
            key=PHOTOS,
            persist_state="session",
            help="These photos and this split are those chosen in the bar at the top, whatever their version. Only "
            "runs of one split can be compared.",
            width=135,
        )
        fold = repeats and st.toggle(
            "Fold repeats",
            value=True,
            key=FOLD,
            persist_state="session",
            help="Runs of one plan that differ in their seed alone stand in one line, with the mean over the seeds "
            "and the lowest and highest of them.",
        )
        statuses, networks, tags = more(runs)
        compare_manage.manage(ticked, runs)
    wanted = Wanted(
        find[:LONGEST],
        selection.dataset() if photos == THESE else None,
        selection.split() if photos == SPLIT else None,
        statuses,
        networks,
        tags,
    )
    fitting = fits(runs, wanted, loaders.dataset_list() if wanted.dataset else [])
    if wanted.anything:
        told(len(fitting), len(runs), ticked, fitting)
    return fitting, fold


def more(runs: list[Run]) -> tuple[tuple[Status, ...], tuple[str, ...], tuple[str, ...]]:
    """The filters that are seldom needed, and the deleted runs: (statuses, networks, tags)."""
    found = {run.status for run in runs}
    options = {
        STATUS: [status for status in Status if status in found],
        NETWORK: sorted({run_words.network(run) for run in runs}),
        TAGS: compare_manage.all_tags(runs),
    }
    for key, known in options.items():  # a tag that nobody uses any more asks for nothing
        if any(value not in known for value in st.session_state.get(key, ())):
            st.session_state[key] = [value for value in st.session_state[key] if value in known]
    used = sum(bool(st.session_state.get(key)) for key in options)
    with st.popover(f"More ({used})" if used else "More", icon=":material/tune:", key="compare_more"):
        asked = [
            st.multiselect(title, options[key], key=key, persist_state="session", placeholder=hint, help=help)
            for title, key, hint, help in (
                ("Status", STATUS, "any", "Queued, running, finished, failed or cancelled."),
                ("Network", NETWORK, "any", "Backbones, home-made networks, and what was brought in."),
                ("Tags", TAGS, "any", "Runs that have one of these tags. Tags are given under Manage."),
            )
        ]
        compare_deleted.show()
    return tuple(tuple(each) for each in asked)


def fits(runs: list[Run], wanted: Wanted, datasets: list[Dataset]) -> list[Run]:
    """The runs that fit everything, in the order given. datasets: all versions, for `wanted.dataset`."""
    sought = _folded(wanted.find).split()
    tags = set(map(same_tag, wanted.tags))
    tests = _tests(wanted, datasets)
    return [
        run
        for run in runs
        if (not wanted.statuses or run.status in wanted.statuses)
        and (not wanted.networks or run_words.network(run) in wanted.networks)
        and (not tags or not tags.isdisjoint(map(same_tag, run.tags)))
        and (tests is None or run.evaluation_id in tests or (run.spec is not None and run.spec.dataset in tests))
        and (not sought or _has(run, sought))
    ]


def _tests(wanted: Wanted, datasets: list[Dataset]) -> set[str] | None:
    """Ids of the datasets and evaluation ids that are asked for; None where any will do."""
    if wanted.split is not None:
        return {wanted.split.evaluation_id}
    if wanted.dataset is not None:
        versions = {one.id for one in datasets if one.name == wanted.dataset.name}
        return versions | {split.evaluation_id for one in versions for split in loaders.split_list(one)}
    return None


def _has(run: Run, sought: list[str]) -> bool:
    text = _folded("\n".join((run.name, *run.tags, run.note, run_words.network(run))))
    return all(word in text or run.id.startswith(word) for word in sought)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def told(shown: int, of: int, ticked: list[Run], fitting: list[Run]) -> None:
    """How many fit, which ticked runs don't, and the way back."""
    ids = {run.id for run in fitting}
    hidden = [letter(place) for place, run in enumerate(ticked) if run.id not in ids]
    with st.container(horizontal=True, vertical_alignment="center"):
        sentence = f"{shown:,} of {words.count(of, 'run')} fit." if shown else f"None of {words.count(of, 'run')} fits."
        if hidden:
            which = f"{hidden[0]} stays" if len(hidden) == 1 else f"{len(hidden):,} others stay"
            sentence += f" {which} ticked below."
        st.caption(sentence, width="content")
        st.button("Show all", key="compare_show_all", type="tertiary", on_click=_show_all)


def _show_all() -> None:
    st.session_state[FIND], st.session_state[PHOTOS] = "", ALL
    for key in (STATUS, NETWORK, TAGS):
        st.session_state[key] = []
