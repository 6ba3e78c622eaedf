from datetime import UTC, datetime

from core.ensembles.kinds import families, networks, report_seven
from core.records import Run, RunKind, Status, ViewsSpec
from core.records.recipe import Recipe


def run(run_id: str, name: str, **changes) -> Run:
    defaults = {"kind": RunKind.BROUGHT, "status": Status.FINISHED, "created": datetime(2026, 1, 1, tzinfo=UTC)}
    return Run(id=run_id, name=name, **defaults | changes)


def test_predictions_brought_in_are_of_the_network_that_their_name_says():
    known = networks([run("a", "VGG-16, k = 8"), run("b", "EfficientNetV2M"), run("c", "my best")])
    assert {one: network.title for one, network in known.items()} == {"a": "VGG16", "b": "EfficientNet"}


def test_the_reports_seven_are_the_best_of_each_kind_and_two_home_made():
    names = ["VGG16 k6", "VGG16 k8", "Home-made CNN", "Home-made with skips", "home-made third", "ResNet50V2"]
    runs = [run(str(number), name) for number, name in enumerate(names)]
    chosen, missing = report_seven([one.id for one in runs], networks(runs))
    assert chosen == ["0", "5", "2", "3"]
    assert missing == ["Xception", "VGG19", "EfficientNet"]


def test_one_home_made_network_too_few_is_said_by_number():
    runs = [run("a", "home-made")]
    assert report_seven(["a"], networks(runs))[1][-1] == "1 home-made"


def test_views_of_a_model_that_is_gone_are_of_no_known_network():
    views = ViewsSpec(run="gone", views=3, recipe=Recipe())
    assert networks([run("a", "views", kind=RunKind.VIEWS, views=views)]) == {}


def test_a_family_is_offered_where_others_are_left_and_once_where_it_is_one_network():
    runs = [run("a", "VGG16"), run("b", "VGG19"), run("c", "Xception"), run("d", "nobody knows")]
    ranked = [one.id for one in runs]
    assert families(ranked, networks(runs)) == {"VGG": ["a", "b"], "VGG16": ["a"], "VGG19": ["b"], "Xception": ["c"]}
    assert families(["c"], networks(runs)) == {}
