"""The table of layers: numbers are k, shapes are for a size that is said, states follow the freezing rules."""

import pytest

from core.models import BACKBONES, DESIGNS
from core.models.backbones import home_made
from core.models.layer_list import FROZEN, NOTHING, STAYS, TRAINS, layer_list, shapes_at


@pytest.mark.parametrize("name", list(BACKBONES))
def test_each_layer_of_each_backbone_has_a_row(name):
    found = layer_list(name, "all", 96)
    assert found["number"].tolist() == list(range(1, BACKBONES[name].layers + 1))
    assert found["weights"].sum() == BACKBONES[name].parameters
    assert set(found["state"]) == {FROZEN, NOTHING}


def test_the_number_is_the_k_that_freezes_up_to_the_layer():
    found = layer_list("vgg16", 8, 96).set_index("number")
    assert found.loc[8, "state"] == FROZEN
    assert found.loc[9, "state"] == TRAINS
    assert found.loc[11, ["type", "state"]].tolist() == ["MaxPooling2D", NOTHING]


def test_normalisation_of_a_thawed_pre_trained_network_stays_unless_it_is_asked_to_train():
    def states(**options):
        found = layer_list("mobilenetv2", 0, 96, **options)
        return set(found.loc[found["type"] == "BatchNormalization", "state"])

    assert states() == {STAYS}
    assert states(train_batch_normalization=True) == {TRAINS}


def test_shapes_of_a_home_made_network_are_for_the_chosen_size_and_of_others_for_that_of_their_table():
    network = home_made(DESIGNS["skips"].network)
    assert shapes_at(network, 48) == 48
    assert layer_list(network, 0, 48)["output"].iloc[-1] == "3 × 3 × 256"
    assert shapes_at("vgg16", 48) == 96
    assert layer_list("vgg16", 0, 48)["output"].iloc[-1] == "3 × 3 × 512"
