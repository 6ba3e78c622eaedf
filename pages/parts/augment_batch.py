"""The First batch tab: what the run that would start now gives its network first, bit for bit."""

import streamlit as st

from core.augment import validate
from core.charts import label_bar
from core.models import backbone_of
from core.records import Dataset, RunSpec, Split
from pages.parts import augment_grid, augment_photos, augment_recipe, selection, train_plan, words

LIMIT = 64  # photos that are shown
_PHASE = "augment_phase"


def ask(dataset: Dataset, split: Split) -> tuple[Dataset, RunSpec, int]:
    """The plan of the Train page with this recipe, and the phase to look at."""
    spec = train_plan.with_recipe(train_plan.current(dataset, split), validate(augment_recipe.current()))
    phase = 0
    if len(spec.phases) > 1:
        phase = st.segmented_control(
            "Phase",
            range(len(spec.phases)),
            default=0,
            required=True,
            format_func=lambda n: f"Phase {n + 1}",
            key=f"{_PHASE}_{len(spec.phases)}",
        )
    return dataset, spec, phase


def waiting(asked: tuple) -> None:
    _, spec, phase = asked
    st.html(_grid([augment_grid.GREY] * min(spec.phases[phase].batch_size, LIMIT)))


def show(asked: tuple) -> None:
    """Raises what a recipe or a photo that can't be read raises."""
    dataset, spec, phase = asked
    if wrong := train_plan.problem(spec, len(dataset.classes)):
        st.error(f"{words.plain(wrong[1])} The Train page has the plan.", icon=":material/error:")
        return
    with st.spinner("Making the batch …", show_time=False):
        batch = augment_photos.first_batch(spec.model_dump_json(), spec.split, phase, LIMIT)
    plan, backbone = spec.phases[phase], backbone_of(spec)
    whole = min(plan.batch_size, batch.photos_an_epoch)
    pieces = [
        words.plain(backbone.title),
        words.freezing(plan, backbone.layers),
        words.count(whole, "photo") + f" of {spec.input_size} px",
        f"seed {spec.seed}",
        f"{words.count(batch.photos_an_epoch, 'photo')} an epoch",
        f"of {words.count(plan.fixed_copies, 'fixed copy', 'fixed copies')} of each" if plan.fixed_copies else "",
    ]
    st.markdown(
        f"What the network would be given first{f' in phase {phase + 1}' if len(spec.phases) > 1 else ''} if you train "
        "with this recipe now: the same pixels, the same labels."
    )
    st.caption(" · ".join(filter(None, pieces)) + ". The Train page sets these.")
    if plan.recipe is None or not plan.recipe.active.steps:
        elsewhere = next((n for n, one in enumerate(spec.phases) if one.recipe and one.recipe.active.steps), None)
        later = f" The recipe is used in phase {elsewhere + 1}." if elsewhere is not None else ""
        st.info(f"This phase has no recipe: it sees the photos as they are.{later}", icon=":material/photo:")
    st.html(markup(batch, dataset.classes, selection.dark()))
    if whole > len(batch.ids):
        st.caption(f"The first {len(batch.ids)} of {whole}.")


def markup(batch, classes: tuple[str, ...], dark: bool) -> str:
    """A cell a photo, as HTML: its class, or the bar of its mixed label."""
    cells = []
    for pixels, label in zip(batch.images.round().clip(0, 255).astype("uint8"), batch.labels, strict=True):
        name = classes[int(label.argmax())]
        safe = augment_grid.safe(name)
        below = "" if label_bar.info(label, classes).mixed else f'<p title="{safe}">{safe}</p>'
        cells.append(augment_grid.changed(pixels, label, classes, dark, name, below))
    return _grid(cells)


def _grid(cells: list[str]) -> str:
    return augment_grid.grid([augment_grid.figure([cell]) for cell in cells], 1, kind="batch")
