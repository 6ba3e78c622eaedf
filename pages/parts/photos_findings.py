"""Findings on the Photos screen: what may be wrong with the photos, worst first, and what is done about it."""

import streamlit as st

from core.datasets.audit import Finding
from core.datasets.editing import decide
from core.records import Dataset, Split
from core.settings import settings
from pages.parts import loaders, photos_audits, photos_leave_out, words

PER_PAGE = 6  # findings
SHOWN, MORE = 5, 30  # photos of a finding at first, and further ones at a time
NAMED = 4  # paths of a finding
KINDS = {
    "near_copies": "Near copies",
    "two_labels": "Two classes",
    "unreadable": "Unreadable",
    "odd_colour": "Odd colour",
    "odd_light": "Odd light",
    "odd_size": "Odd size",
    "imbalance": "Uneven classes",
    "exact_copies": "Exact copies",
}
_ALL, _DECIDED = "all", "decided"
_DECISIONS = {"leave_out": "Left out", "together": "Kept together", "nothing": "Nothing to do"}


def section(dataset: Dataset, split: Split | None) -> None:
    """The whole section: not audited yet, going on, nothing found, or the findings."""
    st.subheader("Findings: what may be wrong with the photos", anchor=False)
    photos_leave_out.outcome(dataset)
    photos_leave_out.brought(dataset)
    if dataset.edits:
        told = "; ".join(words.plain(sentence) for sentence in dataset.edits[-3:])
        st.caption(f"What was done: {'... ' if len(dataset.edits) > 3 else ''}{told}.")
    going = photos_audits.find(dataset)
    if photos_audits.known(dataset):
        st.fragment(_findings, key=f"photos_findings_{dataset.id}")(dataset, split)
    elif going is not None and going.error:
        st.error(words.plain(going.error), icon=":material/error:")
        _start_button(dataset, "Look again")
    elif going is None and dataset.photos > photos_audits.AT_ONCE:
        st.info(
            f"These {dataset.photos:,} photos were not looked at yet: for near copies, odd colours and light. It takes "
            f"about {photos_audits.guess(dataset)} minutes, once.",
            icon=":material/search:",
        )
        _start_button(dataset, "Look at the photos")
    else:
        photos_audits.start(dataset)
        st.fragment(_progress, run_every=0.5, key=f"photos_audit_{dataset.id}")(dataset)


def _start_button(dataset: Dataset, label: str) -> None:
    st.button(
        label,
        key="photos_audit",
        icon=":material/search:",
        on_click=photos_audits.start,
        args=(dataset,),
        help="Every photo is measured once, for this version and all later ones. You may leave the page meanwhile.",
    )


def _progress(dataset: Dataset) -> None:
    going = photos_audits.find(dataset)
    if going is None or going.ended.is_set():
        st.rerun()
    st.progress(words.share(going.done, going.total), text=going.sentence())


def _findings(dataset: Dataset, split: Split | None) -> None:
    """What to show as pills, then a page of findings, each with its photos and actions."""
    found = photos_audits.findings(dataset, split)
    if not found:
        st.success(
            f"Nothing found: no copies, nothing odd in colour, light or size among {dataset.photos:,} photos.",
            icon=":material/check:",
        )
        return
    open_ones = [one for one in found if one.decision is None]
    counts = {kind: sum(one.kind == kind for one in found) for kind in KINDS}
    labels = {_ALL: f"To decide · {len(open_ones):,}"}
    labels |= {kind: f"{KINDS[kind]} · {count:,}" for kind, count in counts.items() if count}
    key = f"photos_findings_kind_{dataset.id}"
    if len(open_ones) < len(found) or st.session_state.get(key) == _DECIDED:
        labels[_DECIDED] = f"Decided · {len(found) - len(open_ones):,}"
    if st.session_state.get(key) not in labels:
        st.session_state[key] = _ALL
    kind = st.pills("Show", list(labels), format_func=labels.get, required=True, key=key, label_visibility="collapsed")
    shown = {_ALL: open_ones, _DECIDED: [one for one in found if one.decision is not None]}.get(
        kind, [one for one in found if one.kind == kind]
    )
    if not shown:
        st.caption("Everything was decided." if kind == _ALL else "Nothing was decided yet.")
        return
    _bulk(dataset, kind, [one for one in shown if one.decision is None])
    pages, key = -(-len(shown) // PER_PAGE), f"photos_findings_page_{dataset.id}_{kind}"
    page = min(st.session_state.get(key, 1), pages)
    with st.grid(2, min_column_width=440, gap="small", key="photos_findings_grid"):
        for finding in shown[(page - 1) * PER_PAGE : page * PER_PAGE]:
            with st.container(border=True, gap="small"):
                _card(dataset, finding)
    if pages > 1:
        st.session_state[key] = page  # a page that is gone, since its last finding was decided, is not asked for
        st.pagination(pages, key=key)
    photos_leave_out.dialog(dataset, shown)


def _card(dataset: Dataset, finding: Finding) -> None:
    st.markdown(f"**{KINDS[finding.kind]}** · {words.plain(finding.sentence)}")
    more = f"photos_more_{finding.id}"
    count = st.session_state.get(more, SHOWN)
    _pictures(finding, count)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if finding.decision is not None:
            st.markdown(f":material/check: {_DECISIONS[finding.decision]}")
            _button("Take back", finding, dataset, None, "Makes it open again.")
        else:
            _actions(dataset, finding)
        if len(finding.photos) > count:
            st.button(
                f"Show more of {len(finding.photos):,}",
                key=f"photos_show_{finding.id}",
                type="tertiary",
                on_click=lambda: st.session_state.update({more: count + MORE}),
                help=f"Shows up to {MORE} more.",
            )


def _actions(dataset: Dataset, finding: Finding) -> None:
    if finding.kind == "near_copies":
        help_ = "All of them go to one side of every split that is made from now on. So it is where nothing is decided."
        _button("Keep together", finding, dataset, "together", help_)
    if finding.ids:
        st.button(
            "Leave out ...",
            key=f"photos_leave_{finding.id}",
            on_click=photos_leave_out.ask,
            args=(finding,),
            help="Choose which of these photos the next version of the dataset goes without.",
        )
    _button("Nothing", finding, dataset, "nothing", _nothing(finding.kind))


def _pictures(finding: Finding, count: int) -> None:
    """The first photos side by side; of files that were not kept their paths alone."""
    pictures = [
        photos_leave_out.picture(photo, path) for photo, path in zip(finding.ids[:count], finding.photos, strict=False)
    ]
    if pictures:
        st.html(f'<div style="display: flex; flex-wrap: wrap; gap: 6px">{"".join(pictures)}</div>')
    paths = [words.plain(path) for path in finding.photos[:NAMED]]
    if paths:
        rest = len(finding.photos) - len(paths)
        st.caption(" · ".join(paths) + (f" and {rest:,} more" if rest else ""))


def _button(label: str, finding: Finding, dataset: Dataset, action: str | None, help_: str) -> None:
    if st.button(label, key=f"photos_{action or 'back'}_{finding.id}", help=help_):
        _decide(dataset, [finding], action)


def _bulk(dataset: Dataset, kind: str, found: list[Finding]) -> None:
    """One action for all open findings of a kind."""
    if kind not in KINDS or len(found) < 2:
        return
    with st.container(horizontal=True, gap="small"):
        if kind == "near_copies":
            if st.button(
                f"Keep all {len(found):,} groups together",
                key="photos_bulk_together",
                help="Each group goes to one side of every split that is made from now on.",
            ):
                _decide(dataset, found, "together")
            ids = [photo for one in found for photo in one.suggested]
            if st.button(
                f"Leave out all but one of each: {words.count(len(ids), 'photo')}",
                key="photos_bulk_leave",
                help="The largest photo of each group stays; of a group under several classes none does, since nobody "
                "knows which class is right.",
            ):
                photos_leave_out.leave_out_of(dataset, found, ids)
        if st.button(f"Nothing for all {len(found):,}", key="photos_bulk_nothing", help=_nothing(kind)):
            _decide(dataset, found, "nothing")


def _nothing(kind: str) -> str:
    if kind == "near_copies":
        return "They are different photos: a split may have them on both sides."
    return "It stays as it is, and is not brought up again."


def _decide(dataset: Dataset, found: list[Finding], action: str | None) -> None:
    decide(settings(), dataset, {one.id: action for one in found})
    loaders.dataset_list.clear()
    st.rerun()
