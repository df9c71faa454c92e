"""Loading samples into real servers, and the SQL functions that names are found and sorted by."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pymongo
import pytest

from graph.roots import fold
from samples.documents import INDEXES
from samples.generate import Sample, shard
from samples.load import LoadReport, load
from samples.postgres import LoadError
from samples.register import COLUMNS
from service.demo.databases import SOURCES
from service.embedded import EmbeddedServers
from service.migrate import migrate
from tests.running import run

pytestmark = pytest.mark.servers

DATABASE = "nap_thu"
CITIZENS = 300
STRUCTURE = """
    SELECT indexdef AS definition FROM pg_indexes WHERE schemaname = 'population' AND tablename <> 'sample_load'
    UNION ALL
    SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'population'::regnamespace AND conrelid::regclass::text NOT LIKE '%sample_load'
    ORDER BY definition"""


@dataclass
class Target:
    """Databases of the load's own on the test servers, and what its progress said."""

    admin_url: str
    mongo_urls: Mapping[str, str]
    structure: list[str] = field(default_factory=list)
    stages: list[tuple[str, int, int]] = field(default_factory=list)

    def load(self, *, citizens: int = CITIZENS, seed: int = 7) -> LoadReport:
        self.stages.clear()
        return run(
            load(
                self.admin_url,
                self.mongo_urls,
                citizens=citizens,
                seed=seed,
                progress=lambda *stage: self.stages.append(stage),
            )
        )

    def counts(self) -> dict[str, int]:
        """Rows by table and documents by collection, those with none left out."""
        counts = {table: int(self.ask(f"SELECT count(*) FROM population.{table}")[0][0]) for table in COLUMNS}
        for source, url in self.mongo_urls.items():
            with pymongo.MongoClient[dict[str, Any]](url) as client:
                database = client.get_default_database()
                counts |= {name: database[name].count_documents({}) for name in INDEXES[source]}
        return {name: count for name, count in counts.items() if count}

    def ask(self, sql: str, *values: Any) -> list[Any]:
        return run(_connected(self.admin_url, lambda connection: connection.fetch(sql, *values)))


async def _connected(url: str, work: Callable[[Any], Awaitable[list[Any]]]) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return await work(connection)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def target(databases: EmbeddedServers) -> Iterator[Target]:
    """Migrated databases, with nothing in them yet."""
    urls = {source: databases.mongo_url(f"{DATABASE}_{source}") for source in SOURCES}
    target = Target(databases.postgres_url("postgres", DATABASE), urls)
    server = Target(databases.admin_url, {})
    server.ask(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    run(migrate(target.admin_url))
    target.structure = [row["definition"] for row in target.ask(STRUCTURE)]
    yield target
    server.ask(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    with pymongo.MongoClient[dict[str, Any]](databases.mongo_url("admin")) as client:
        for source in SOURCES:
            client.drop_database(f"{DATABASE}_{source}")


@pytest.fixture(scope="module")
def first(target: Target) -> tuple[LoadReport, list[tuple[str, int, int]], dict[str, int]]:
    """The first load: its report, its progress, and what was in the databases after it."""
    report = target.load()
    return report, list(target.stages), target.counts()


def test_the_report_counts_what_is_in_the_databases(first: tuple[LoadReport, Any, dict[str, int]]) -> None:
    report, _, counts = first
    assert report.loaded
    assert {name: count for name, count in report.counts.items() if count} == counts
    assert counts["citizen"] == report.citizens == CITIZENS
    assert (report.seed, report.seconds > 0) == (7, True)


def test_what_is_loaded_is_what_is_generated(first: tuple[LoadReport, Any, dict[str, int]]) -> None:
    made = shard(Sample(CITIZENS, 7), 0)
    expected = {name: len(rows) for name, rows in (made.tables | made.collections).items() if rows}
    assert first[2] == expected


def test_progress_tells_each_stage_to_its_end(first: tuple[Any, list[tuple[str, int, int]], Any]) -> None:
    stages = first[1]
    last = {stage: (done, total) for stage, done, total in stages}
    assert list(last)[:2] == ["emptying", "citizens"]
    assert set(last) == {"emptying", "citizens", "population indexes", "document indexes"}
    assert all(done == total for done, total in last.values())
    assert last["citizens"] == (CITIZENS, CITIZENS)


@pytest.mark.usefixtures("first")
def test_a_second_call_does_nothing(target: Target) -> None:
    written = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) AS n, max(loaded_at) AS at FROM pg_stat_user_tables, "
    written += "population.sample_load"
    before = target.ask(written)
    report = target.load()
    assert (report.loaded, dict(report.counts), target.stages) == (False, {}, [])
    assert target.ask(written) == before


@pytest.mark.usefixtures("first")
def test_another_sample_replaces_the_first_and_keeps_the_structure(target: Target) -> None:
    numbers = "SELECT personal_id FROM population.citizen"
    before = {row["personal_id"] for row in target.ask(numbers)}
    report = target.load(citizens=200, seed=8)
    assert report.loaded
    assert target.counts() == {name: count for name, count in report.counts.items() if count}
    assert target.counts()["citizen"] == 200
    assert not before & {row["personal_id"] for row in target.ask(numbers)}
    assert [row["definition"] for row in target.ask(STRUCTURE)] == target.structure


@pytest.mark.usefixtures("first")
def test_data_of_other_origin_are_refused_and_kept(target: Target) -> None:
    before = target.counts()
    target.ask("ALTER TABLE population.sample_load RENAME TO set_aside")
    with pytest.raises(LoadError, match="no sample load put there"):
        target.load(seed=9)
    target.ask("ALTER TABLE population.set_aside RENAME TO sample_load")
    with pymongo.MongoClient[dict[str, Any]](target.mongo_urls["health"]) as client:
        database = client.get_default_database()
        marker = database["sample_load"].find_one_and_delete({})
        with pytest.raises(LoadError, match="health holds documents that no sample load put there"):
            target.load(seed=9)
        database["sample_load"].insert_one(marker or {})
    assert target.counts() == before


def test_a_database_without_migrations_is_refused(databases: EmbeddedServers, target: Target) -> None:
    with pytest.raises(LoadError, match="run the migrations first"):
        Target(databases.postgres_url("postgres", "postgres"), target.mongo_urls).load()


@pytest.mark.usefixtures("first")
def test_two_loads_at_once_are_refused(target: Target) -> None:
    async def work() -> None:
        holder = await asyncpg.connect(target.admin_url)
        try:
            await holder.execute("SELECT pg_advisory_lock(4620220)")
            await load(target.admin_url, target.mongo_urls, citizens=CITIZENS, seed=9, progress=lambda *_: None)
        finally:
            await holder.close()

    with pytest.raises(LoadError, match="another sample load"):
        asyncio.run(work())


NAMES = [
    "Nguyễn Thị Ánh",
    "NGUYỄN THỊ ÁNH",
    "Đặng Đình Đức",
    "ĐẶNG ĐÌNH ĐỨC",
    "Trần Quỳnh Như",
    "Hoà Bình",
    "Hòa Bình",
    "Lý Ỷ Ỹ Ý Ỵ Ỳ",
    "Ẵ Ẳ Ằ Ắ Ặ Ẫ Ẩ Ầ Ấ Ậ Ễ Ể Ề Ế Ệ Ỗ Ổ Ồ Ố Ộ Ỡ Ở Ờ Ớ Ợ Ữ Ử Ừ Ứ Ự",
    "Rơ Châm H'Bích",
    "Kpă Y-Lan",
    "Văn 2",
    "John Fitzgerald Wyndham-Joze",
]


def test_sql_and_python_fold_names_alike(databases: EmbeddedServers) -> None:
    server = Target(databases.admin_url, {})
    stored = [row["n"] for row in server.ask("SELECT DISTINCT birth_full_name AS n FROM population.citizen")]
    names = [*NAMES, *(unicodedata.normalize("NFD", name) for name in NAMES), *stored]
    rows = server.ask("SELECT n, population.fold(n) AS folded FROM unnest($1::text[]) n", names)
    assert [row["folded"] for row in rows] == [fold(name) for name in names]
    assert len(stored) > 1_000


@pytest.mark.parametrize("name", ["Jürgen Müller", "Núñez", "François", "ÅSA", "Ørsted", "Nguyễn  Văn A"])
def test_sql_and_python_fold_foreign_names_alike(databases: EmbeddedServers, name: str) -> None:
    (row,) = Target(databases.admin_url, {}).ask("SELECT population.fold($1) AS folded", name)
    assert row["folded"] == fold(name)


# Letter by letter (a ă â, d đ, e ê, o ô ơ, u ư), and only where the letters are the same by tone:
# level, huyền, hỏi, ngã, sắc, nặng.
GIVEN_IN_ORDER = (  # noqa: SIM905 - a list of names reads best as a line of names
    "Ái An Àn Ản Ãn Án Ạn Anh Ánh Ăn Ân Ấn Ba Bà Bả Bã Bá Bạ Bắc Bằng Bân Bích Cảnh Cúc Dân Dung Dũng Duy "
    "Đan Đàn Đào Đạt Đông Đức Em Én Ê Giang Hà Hạ Hải Hân Hòa Hoài Hoàng Hồng Hợp Huệ Hùng Hưng Khôi Lan Lệ Liên "
    "Loan Lộc Lợi Mai Mỹ Nga Ngà Ngọc Như Oanh Ổn Ơn Phúc Phương Quân Quý Sang Sơn Tâm Tấn Thảo Thu Thủy Thư Toàn "
    "Tố Út Uyên Ưng Ửng Vân Vũ Xuân Yên Yến"
).split()

PEOPLE_IN_ORDER = [
    ("Trần", "Thị", "Ái"),
    ("Dương", "Văn", "An"),
    ("Đặng", "Văn", "An"),
    ("Lê", "Thị", "An"),
    ("Nguyễn", None, "An"),
    ("Nguyễn", "Bá", "An"),
    ("Nguyễn", "Văn", "An"),
    ("Nguyễn", "Vân", "An"),
    ("Nguyễn", "Văn", "Án"),
    ("Bùi", "Thị", "Anh"),
    ("Bùi", "Thị", "Ân"),
    ("Võ", "Thị", "Dung"),
    ("Ân", None, "Đan"),
]


def test_given_names_sort_as_vietnamese_does(databases: EmbeddedServers) -> None:
    rows = Target(databases.admin_url, {}).ask(
        'SELECT n FROM unnest($1::text[]) n ORDER BY population.vietnamese_sort_key(n) COLLATE "C"',
        GIVEN_IN_ORDER[::-1],
    )
    assert [row["n"] for row in rows] == GIVEN_IN_ORDER


def test_people_sort_by_given_family_and_middle_name(databases: EmbeddedServers) -> None:
    rows = Target(databases.admin_url, {}).ask(
        "SELECT f, m, g FROM unnest($1::text[], $2::text[], $3::text[]) AS p (f, m, g) "
        'ORDER BY population.vietnamese_sort_key(g, f, m) COLLATE "C"',
        *(list(part) for part in zip(*PEOPLE_IN_ORDER[::-1], strict=True)),
    )
    assert [tuple(row) for row in rows] == PEOPLE_IN_ORDER


@pytest.mark.parametrize(
    "spellings", [("Hòa", "Hoà", "HÒA", "hoà"), ("Thúy", "Thuý"), ("Đức", unicodedata.normalize("NFD", "Đức"))]
)
def test_spellings_of_one_name_sort_together(databases: EmbeddedServers, spellings: tuple[str, ...]) -> None:
    rows = Target(databases.admin_url, {}).ask(
        "SELECT DISTINCT population.vietnamese_sort_key(n) AS sort_key FROM unnest($1::text[]) n", list(spellings)
    )
    assert len(rows) == 1
