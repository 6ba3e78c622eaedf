import pytest

from core.models.tables import layer_table
from core.models.work import MOVING, works


def test_a_convolution_works_at_every_place_of_its_output():
    work, size = works("vgg16"), layer_table("vgg16").size
    assert work[1] == size**2 * (3 * 3 * 3 * 64 + MOVING * 64)
    assert work[3] == (size // 2) ** 2 * MOVING * 64  # a pooling moves numbers and multiplies nothing
    assert work[0] == 0


def test_multiply_adds_of_vgg16_are_those_of_the_literature():
    table = layer_table("vgg16")
    moved = sum(MOVING * row.shape[0] * row.shape[1] * row.shape[2] for row in table.layers[1:])
    at_224 = (sum(works("vgg16")) - moved) * (224 / table.size) ** 2
    assert at_224 == pytest.approx(15.35e9, rel=0.01)  # Simonyan and Zisserman's D, convolutions alone
