"""The invented register: repeatable, valid, in agreement with itself, and as incomplete as a real one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from samples.documents import INDEXES
from samples.documents.archive import MALFORMED
from samples.generate import LARGEST, SHARD, Sample, Shard, shard
from samples.mongo import Sources
from samples.people import Numbers
from samples.places import UNITS
from samples.provinces import PROVINCES
from samples.register import COLUMNS

MIGRATIONS = Path(__file__).parents[2] / "migrations" / "population"
Record = dict[str, Any]


def whole(sample: Sample) -> Iterator[Shard]:
    return (shard(sample, number) for number in range(sample.shards))


@dataclass(frozen=True)
class World:
    """5,000 citizens as dictionaries, the way a database would answer."""

    tables: dict[str, list[Record]]
    documents: dict[str, list[Record]]

    @property
    def citizens(self) -> dict[str, Record]:
        return {row["personal_id"]: row for row in self.tables["citizen"]}

    def relations(self) -> set[tuple[str, str, str]]:
        """(citizen, relation, relative) within the register; an old number stands for its holder."""
        by_old_number = {row["legacy_id9"]: row["personal_id"] for row in self.tables["citizen"]}
        known = self.citizens
        pairs = set()
        for row in self.tables["relative"]:
            other = row["relative_personal_id"] or by_old_number.get(row["legacy_id9"] or "")
            if other in known:
                pairs.add((row["personal_id"], row["relation"], other))
        return pairs


@pytest.fixture(scope="module")
def world() -> World:
    tables: dict[str, list[Record]] = {table: [] for table in COLUMNS}
    documents: dict[str, list[Record]] = {name: [] for names in INDEXES.values() for name in names}
    for made in whole(Sample(5_000, seed=11)):
        for table, columns in COLUMNS.items():
            tables[table] += [dict(zip(columns, row, strict=True)) for row in made.tables[table]]
        for name, found in made.collections.items():
            documents[name] += found
    return World(tables, documents)


def test_a_seed_gives_the_same_data_whatever_the_order_of_the_shards() -> None:
    sample = Sample(SHARD + 300, seed=5)
    forwards = [shard(sample, 0), shard(sample, 1)]
    assert [shard(sample, 1), shard(sample, 0)] == forwards[::-1]
    assert shard(Sample(SHARD + 300, seed=6), 1) != forwards[1]


@pytest.mark.parametrize("count", [1, 2, 5, 17, SHARD, SHARD + 1])
def test_exactly_as_many_citizens_as_asked_for(count: int) -> None:
    rows = [row for made in whole(Sample(count, seed=1)) for row in made.tables["citizen"]]
    assert [row[1] for row in rows] == list(range(1, count + 1))


@pytest.mark.parametrize("count", [0, -1, LARGEST + 1])
def test_counts_that_cannot_be_made_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="citizens must be from 1"):
        Sample(count, seed=1)


def test_a_source_without_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="no samples for land"):
        Sources({"land": "mongodb://127.0.0.1:1/land"})


def test_the_last_six_digits_never_repeat() -> None:
    numbers = Numbers(offset=123_456)
    assert len({numbers.serial(index) for index in range(0, LARGEST, 7)}) == len(range(0, LARGEST, 7))
    assert numbers.serial(0) == "123456"


def test_personal_numbers_follow_the_decree_and_never_repeat(world: World) -> None:
    rows = world.tables["citizen"]
    provinces = {"0" + province.code for province in PROVINCES}
    for row in rows:
        number, year = row["personal_id"], int(row["date_of_birth"][:4])
        assert re.fullmatch(r"\d{12}", number)
        assert number[:3] in provinces or number[0] == "1"
        assert int(number[3]) // 2 == year // 100 - 19
        assert number[4:6] == f"{year % 100:02d}"
        if row["gender"]:
            assert int(number[3]) % 2 == row["gender"] - 1
    assert len({row["personal_id"] for row in rows}) == len(rows)
    old = [row["legacy_id9"] for row in rows if row["legacy_id9"]]
    assert len(set(old)) == len(old)
    assert all(re.fullmatch(r"\d{9}", number) for number in old)


@pytest.mark.parametrize(
    ("collection", "field"),
    [(name, field) for names in INDEXES.values() for name, fields in names.items() for field, one in fields if one],
)
def test_unique_fields_are_unique(world: World, collection: str, field: str) -> None:
    values = [document[field] for document in world.documents[collection]]
    assert len(set(values)) == len(values)


def test_document_ids_grow(world: World) -> None:
    for documents in world.documents.values():
        ids = [document["_id"] for document in documents]
        assert ids == sorted(set(ids))


def test_documents_belong_to_citizens(world: World) -> None:
    keys = {"personalId", "SO_CCCD", "ownerPersonalId", "soDinhDanh"}
    citizens = world.citizens
    for documents in world.documents.values():
        assert all(document[key] in citizens for document in documents for key in keys & document.keys())


def test_a_health_insurance_card_ends_in_the_social_insurance_number(world: World) -> None:
    for card in world.documents["the_bhyt"]:
        assert re.fullmatch(r"[A-Z]{2}[1-5]\d{12}", card["maThe"])
        assert card["maThe"][5:] == card["maSoBHXH"]
        assert (card["maThe"][:2], card["maThe"][2]) == (card["doiTuong"], card["mucHuong"])
    number_of = {card["personalId"]: card["maSoBHXH"] for card in world.documents["the_bhyt"]}
    for period in world.documents["qua_trinh_bhxh"]:
        assert number_of.get(period["personalId"], period["maSoBHXH"]) == period["maSoBHXH"]


def test_a_health_encounter_quotes_a_card_of_the_patient(world: World) -> None:
    citizens = world.citizens
    cards = {(card["personalId"], card["maThe"]) for card in world.documents["the_bhyt"]}
    for visit in world.documents["kham_chua_benh"]:
        patient = citizens[visit["SO_CCCD"]]
        names = (patient[f"birth_{part}_name"] for part in ("family", "middle", "given"))
        assert visit["HO_TEN"] == " ".join(name for name in names if name)
        if visit["MA_THE_BHYT"] is not None:
            assert (visit["SO_CCCD"], visit["MA_THE_BHYT"]) in cards


def test_relatives_agree_in_both_directions(world: World) -> None:
    relations, citizens = world.relations(), world.citizens
    assert len(relations) > 5_000
    back = {"WIFE": {"HUSBAND"}, "HUSBAND": {"WIFE"}, "FATHER": {"CHILD"}, "MOTHER": {"CHILD"}}
    back |= {
        "CHILD": {"FATHER", "MOTHER"},
        "REPRESENTATIVE": {"REPRESENTED"},
        "REPRESENTED": {"REPRESENTATIVE"},
    }
    for person, relation, other in relations:
        assert any((other, answer, person) in relations for answer in back[relation]), (
            relation,
            person,
            other,
        )
        if relation in {"FATHER", "MOTHER"}:
            assert citizens[other]["date_of_birth"][:4] < citizens[person]["date_of_birth"][:4]


def test_relatives_are_named_as_they_are_registered(world: World) -> None:
    citizens = world.citizens
    for row in world.tables["relative"]:
        other = citizens.get(row["relative_personal_id"])
        if other is not None:
            assert row["given_name"] == other["birth_given_name"]
            assert row["family_name"] == other["birth_family_name"]


def test_marriages_agree_between_civil_status_and_population(world: World) -> None:
    relations, citizens = world.relations(), world.citizens
    for entry in world.documents["ket_hon"]:
        husband, wife = entry["chong"]["personalId"], entry["vo"]["personalId"]
        assert entry["haiBen"] == [husband, wife]
        statuses = {citizens[husband]["marital_status"], citizens[wife]["marital_status"]}
        if entry["trangThai"] == "LY_HON":
            assert statuses == {3}
            assert (husband, "WIFE", wife) not in relations
        else:
            assert (husband, "WIFE", wife) in relations
            widowed = any(citizens[one]["date_of_death_or_missing"] for one in (husband, wife))
            assert statuses == ({2, 3} if widowed else {2})
    for person, relation, _ in relations:
        assert relation not in {"WIFE", "HUSBAND"} or citizens[person]["marital_status"] in {2, 3}


def test_deaths_agree_between_civil_status_and_population(world: World) -> None:
    citizens = world.citizens
    assert len(world.documents["khai_tu"]) > 50
    for entry in world.documents["khai_tu"]:
        registered = citizens[entry["personalId"]]["date_of_death_or_missing"]
        assert entry["ngayChet"].startswith(registered)
        assert entry["ngayChet"] >= citizens[entry["personalId"]]["date_of_birth"]


def test_birth_entries_name_the_registered_parents(world: World) -> None:
    relations = world.relations()
    for entry in world.documents["khai_sinh"]:
        for party, relation in (("cha", "FATHER"), ("me", "MOTHER")):
            if entry[party] is not None:
                assert (entry["personalId"], relation, entry[party]["personalId"]) in relations


def test_every_household_has_one_head_who_lives_in_it(world: World) -> None:
    citizens = world.citizens
    heads = {row["household_id"]: row["head_personal_id"] for row in world.tables["household"]}
    named = [row for row in citizens.values() if row["relation_to_head"] == "Chủ hộ"]
    for row in named:
        assert heads[row["household_id"]] == row["personal_id"]
    members = {row["household_id"] for row in citizens.values()} - {None}
    assert len(named) == len(members)
    words = {row["relation_to_head"] for row in citizens.values()}
    assert {"Chủ hộ", "Vợ", "Chồng", "Con", "Cháu", "Con dâu", "Con rể", "Cùng thuê nhà", None} <= words


def test_addresses_use_units_that_are_or_were_there(world: World) -> None:
    communes = {unit.code: unit for unit in UNITS if unit.level == 3}
    districts = {unit.code: unit for unit in UNITS if unit.level == 2}
    for row in world.tables["citizen"]:
        province, district = row["permanent_province_code"], row["permanent_district_code"]
        commune = communes.get(row["permanent_commune_code"])
        if district is not None:
            assert districts[district].parent_code == province
        if commune is not None:
            assert commune.parent_code == (district or province)


def test_a_protected_child_lives_with_a_protected_grown_person(world: World) -> None:
    citizens = world.citizens
    protected = [row for row in citizens.values() if row["protected"]]
    grown = {row["personal_id"] for row in protected if row["date_of_birth"] <= "2008-10-01"}
    assert 20 < len(protected) < 200
    assert len(grown) < len(protected)
    for child in protected:
        if child["personal_id"] not in grown:
            kin = {other for person, _, other in world.relations() if person == child["personal_id"]}
            assert any(citizens[one]["household_id"] == child["household_id"] for one in kin & grown)


def test_some_protected_persons_live_with_others_who_are_not(world: World) -> None:
    flags: dict[object, set[bool]] = {}
    for row in world.citizens.values():
        flags.setdefault(row["household_id"], set()).add(row["protected"])
    assert flags[None] == {False}
    assert [one for one in flags.values() if one == {True}]
    assert [one for one in flags.values() if one == {True, False}]


def count(rows: list[Record], wanted: Callable[[Record], bool]) -> int:
    return sum(1 for row in rows if wanted(row))


CITIZEN_GAPS: dict[str, Callable[[Record], bool]] = {
    "born in a year only": lambda row: len(row["date_of_birth"]) == 4,
    "dead since a year only": lambda row: len(row["date_of_death_or_missing"] or "") == 4,
    "without middle name": lambda row: row["birth_middle_name"] is None,
    "with another name": lambda row: bool(row["other_names"]),
    "sex unknown": lambda row: row["gender"] == 0,
    "permanent address of before the merger": lambda row: row["permanent_district_code"] is not None,
    "permanent address without commune": lambda row: (
        row["permanent_country_code"] is not None and row["permanent_commune_code"] is None
    ),
    "no permanent address": lambda row: row["permanent_country_code"] is None,
    "no current address": lambda row: row["current_country_code"] is None,
    "no birth place": lambda row: row["birth_place_country_code"] is None,
    "born abroad": lambda row: row["birth_place_country_code"] not in {None, "VN"},
    "foreign national": lambda row: "VN" not in row["nationalities"],
    "two nationalities": lambda row: len(row["nationalities"]) == 2,
    "ethnicity missing": lambda row: row["ethnicity_code"] is None,
    "religion missing": lambda row: row["religion_code"] is None,
    "blood group missing": lambda row: row["blood_group"] is None,
    "blood group unknown": lambda row: row["blood_group"] == "00",
    "marital status unknown": lambda row: row["marital_status"] == 0,
    "temporarily absent": lambda row: row["absence_from"] is not None,
    "absent without end": lambda row: row["absence_from"] is not None and row["absence_until"] is None,
    "without household": lambda row: row["household_id"] is None and not row["date_of_death_or_missing"],
    "dead but still in a household": lambda row: bool(row["date_of_death_or_missing"] and row["household_id"]),
    "without contact": lambda row: row["contact_mobile"] is None,
}


@pytest.mark.parametrize("gap", CITIZEN_GAPS)
def test_citizens_have_the_gaps_of_a_real_register(world: World, gap: str) -> None:
    found = count(world.tables["citizen"], CITIZEN_GAPS[gap])
    assert 0 < found < 4_000


def test_relatives_may_be_known_by_an_old_number_a_lost_number_or_a_name(world: World) -> None:
    rows, citizens = world.tables["relative"], world.citizens
    unnumbered = [row for row in rows if row["relative_personal_id"] is None]
    assert count(unnumbered, lambda row: row["legacy_id9"] is not None)
    assert count(unnumbered, lambda row: row["legacy_id9"] is None)
    assert count(rows, lambda row: row["relative_personal_id"] not in citizens)
    assert count(rows, lambda row: row["nationality"] is None)
    assert {row["relation"] for row in rows} >= {"REPRESENTATIVE", "REPRESENTED"}


def test_documents_are_missing_where_people_have_none(world: World) -> None:
    dead = {row["personal_id"] for row in world.citizens.values() if row["date_of_death_or_missing"]}
    living = world.citizens.keys() - dead
    insured = {card["personalId"] for card in world.documents["the_bhyt"]}
    assert living - insured
    assert dead & insured
    assert dead & {card["personal_id"] for card in world.tables["identity_card"]}
    assert dead - {entry["personalId"] for entry in world.documents["khai_tu"]}
    assert count(world.tables["household"], lambda row: row["residence_file_number"] is None)
    assert count(world.tables["household"], lambda row: row["address_country_code"] is None)
    assert count(world.documents["khai_sinh"], lambda entry: entry["cha"] is None)
    assert {card["kind"] for card in world.tables["identity_card"]} == {"CAN_CUOC", "CCCD", "CMND12"}


def test_about_one_document_in_two_thousand_has_a_malformed_date(world: World) -> None:
    documents = [document for found in world.documents.values() for document in found]
    spoilt = count(documents, lambda document: any(value in MALFORMED for value in document.values() if value != []))
    assert 4 <= spoilt <= 40


def test_the_rows_fit_the_migration() -> None:
    first, later = (
        (MIGRATIONS / name).read_text(encoding="utf-8")
        for name in ("0001_population.sql", "0004_protected_and_residence.sql")
    )
    for table, columns in COLUMNS.items():
        body = first.split(f"CREATE TABLE population.{table} (")[1].split("\n);")[0]
        declared = re.findall(r"^    ([a-z_0-9]+) (?:text|bigint|smallint|date)", body, re.MULTILINE)
        declared += re.findall(rf"^ALTER TABLE population\.{table} ADD COLUMN ([a-z_]+)", later, re.MULTILINE)
        generated = {"birth_full_name", "name_key", "name_sort", "full_name", "residence_status"}
        if table == "household":
            generated.add("protected")  # a trigger keeps it
        assert [name for name in declared if name not in generated] == list(columns)


def test_provinces_are_those_of_the_migration() -> None:
    sql = (MIGRATIONS / "0003_population_reference.sql").read_text(encoding="utf-8")
    rows = re.findall(r"\('(\d\d)', 1, '(.+?)', NULL, (?:NULL|DATE '2025-07-01'), (?:NULL|'(\d\d)')\)", sql)
    successors = {code: successor or code for code, _, successor in rows}
    assert successors == {province.code: province.successor for province in PROVINCES}
