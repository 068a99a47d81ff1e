"""Reading decision files: defaults, and mistakes pointed at by file and line."""

from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from kartra_freshsales.errors import MappingError
from kartra_freshsales.mapping.defaults import shipped_folder, write_defaults
from kartra_freshsales.mapping.loading import FILES, load_mapping
from kartra_freshsales.mapping.model import Mapping


def failing(tmp_path: Path, name: str, text: str) -> MappingError:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mapping(tmp_path)
    return caught.value


def test_an_empty_workspace_decides_as_the_defaults_do(tmp_path: Path) -> None:
    assert load_mapping(tmp_path) == Mapping()
    assert load_mapping(tmp_path / "nowhere").digest() == Mapping().digest()


def test_every_shipped_file_shows_the_defaults_of_the_model(tmp_path: Path) -> None:
    written = write_defaults(tmp_path)
    assert {path.name for path in written} >= set(FILES)
    assert load_mapping(tmp_path) == Mapping()


@pytest.mark.parametrize("name", FILES)
def test_every_default_is_a_line_in_its_file(name: str) -> None:
    content = yaml.safe_load((shipped_folder() / name).read_text(encoding="utf-8"))
    area = name.removesuffix(".yaml")
    mapping = Mapping()
    model = mapping.source.consent if area == "consent" else getattr(mapping, area)
    keys = {field.alias or key for key, field in type(model).model_fields.items()}
    assert set(content) == keys - ({"consent"} if area == "source" else set())


@pytest.mark.parametrize("name", FILES)
def test_every_default_is_explained(name: str) -> None:
    lines = (shipped_folder() / name).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("#")
    bare = [
        line
        for before, line in pairwise(lines)
        if line and not line.startswith((" ", "#", "]")) and not before.startswith("#")
    ]
    assert [line for line in bare if line.split(":")[0] not in _TOLD_ABOVE] == []


_TOLD_ABOVE = {"fields_equal", "transactions", "subscriptions"}


def test_what_a_person_changed_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "owners.yaml").write_text(
        "default_owner: A@example.com\n", encoding="utf-8"
    )
    assert tmp_path / "owners.yaml" not in write_defaults(tmp_path)
    assert write_defaults(tmp_path) == []
    assert load_mapping(tmp_path).owners.default_owner == "a@example.com"


def test_a_misspelt_key_names_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    error = failing(tmp_path, "tags.yaml", "# tags\n\ndropp: [a]\n")
    assert (error.file, error.row) == ("tags.yaml", 3)
    assert "Did you mean 'drop'?" in str(error)


def test_a_misspelt_key_deep_inside_is_found_too(tmp_path: Path) -> None:
    text = "rules:\n  - name: all\n    modul: leads\n    module: leads\n"
    error = failing(tmp_path, "routing.yaml", text)
    assert (error.row, error.remedy) == (3, "Did you mean 'module'?")


def test_a_key_that_resembles_nothing_lists_what_is_known(tmp_path: Path) -> None:
    error = failing(tmp_path, "notes.yaml", "xyz: 1\n")
    assert error.remedy == "Known are: load, split_at."


def test_a_value_that_is_not_allowed_lists_what_is(tmp_path: Path) -> None:
    error = failing(tmp_path, "destination.yaml", "plan: growth\nedition: sweet\n")
    assert (error.file, error.row) == ("destination.yaml", 2)
    assert "'suite' or 'classic'" in str(error)


def test_products_are_no_way_to_keep_subscriptions(tmp_path: Path) -> None:
    error = failing(tmp_path, "subscriptions.yaml", "as: product\n")
    assert error.row == 1
    assert "'deal', 'note' or 'status_field'" in str(error)


def test_several_mistakes_are_counted_and_the_first_line_is_named(tmp_path: Path) -> None:
    error = failing(tmp_path, "destination.yaml", "group_size: 0\nplan: gold\n")
    assert error.row == 1
    assert "(1 more" in str(error)


def test_a_custom_field_of_an_unknown_kind_does_not_pass(tmp_path: Path) -> None:
    # S51
    text = "contacts:\n  Colour: {kind: date_field}\n"
    error = failing(tmp_path, "custom_fields.yaml", text)
    assert error.row == 2
    assert "'drop_down'" in str(error)


def test_a_column_kartra_does_not_have_is_pointed_at(tmp_path: Path) -> None:
    text = "contacts:\n  shoe_size: {drop: not needed}\n"
    error = failing(tmp_path, "fields.yaml", text)
    assert "contacts.shoe_size" in str(error)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("contacts:\n  email: {drop: no}\n", "contacts.email"),
        ("contacts:\n  city: {field: town}\n", "keys are"),
        ("contacts:\n  city: {field: city, drop: twice}\n", "exactly one"),
        ("contacts:\n  city: {drop: ' '}\n", "reason"),
        ("contacts:\n  city: {derived: magic}\n", "known are"),
        ("contacts:\n  city: {field: state}\n", "already goes there"),
        ("transactions:\n  buyer_name: {custom: {label: Buyer}}\n", "'also'"),
    ],
)
def test_a_target_that_cannot_be_is_refused(tmp_path: Path, text: str, words: str) -> None:
    # S1 S2
    assert words in str(failing(tmp_path, "fields.yaml", text))


def test_naming_one_column_keeps_the_others_as_they_are(tmp_path: Path) -> None:
    text = "contacts:\n  city: {drop: everyone lives in Oslo}\n"
    (tmp_path / "fields.yaml").write_text(text, encoding="utf-8")
    fields = load_mapping(tmp_path).fields
    assert fields.contacts["city"].drop == "everyone lives in Oslo"
    assert fields.contacts["state"] == Mapping().fields.contacts["state"]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("drop: [a\nrename: {}\n", 2),
        ("- a\n- b\n", 1),
        ("drop: [a]\ndrop: [b]\n", 2),
        ("drop: a\n", 1),
    ],
)
def test_broken_yaml_is_explained_without_a_traceback(
    tmp_path: Path, text: str, row: int
) -> None:
    error = failing(tmp_path, "tags.yaml", text)
    assert (error.file, error.row) == ("tags.yaml", row)
    assert error.remedy


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    (tmp_path / "lists.yaml").write_bytes("drop: [Büro]\n".encode("cp1252"))
    with pytest.raises(MappingError, match="not UTF-8"):
        load_mapping(tmp_path)


def test_a_file_name_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    assert "tags.yaml" in str(failing(tmp_path, "tag.yaml", "drop: [a]\n"))


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "vendor-notes.yaml").write_text("- a\n", encoding="utf-8")
    assert load_mapping(tmp_path) == Mapping()


def test_consent_has_its_own_file(tmp_path: Path) -> None:
    assert "consent.yaml" in str(failing(tmp_path, "source.yaml", "consent: {}\n"))


def test_a_deal_name_must_hold_the_key_it_is_found_by(tmp_path: Path) -> None:
    # S35
    error = failing(tmp_path, "stages.yaml", 'name: "{product}"\n')
    assert "{transaction_id}" in str(error)
    error = failing(tmp_path, "stages.yaml", 'name: "{transaction_id} {size}"\n')
    assert "{size} is unknown" in str(error)


def test_nobody_is_left_without_a_rule(tmp_path: Path) -> None:
    # S9 S29
    text = "rules:\n  - {name: a, when: {company: true}, module: contacts}\n"
    assert "nobody is left over" in str(failing(tmp_path, "routing.yaml", text))
