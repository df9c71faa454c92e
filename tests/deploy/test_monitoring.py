"""The configuration of Prometheus and Grafana, against the instruments and the findings of the service."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml

from errors import LienthongError
from service.operations.findings import BOUNDS
from service.operations.words import FINDINGS
from service.telemetry.instruments import GAUGES, INSTRUMENTS, Instrument
from service.telemetry.metrics import Metrics

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PROMETHEUS: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text())["groups"] for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana/dashboards/lienthong.json").read_text())
VARIABLES: list[dict[str, Any]] = DASHBOARD["templating"]["list"]

# By alert, the bounds that its expression compares with, from left to right.
COMPARED: dict[str, list[str]] = {
    "SourceDown": ["few", "down_share"],
    "SourceSlow": ["slow", "down_share", "few"],
    "PoolExhausted": ["waiting", "few", "few"],
    "ClientFlooding": ["limited"],
    "ContractRefused": ["refused"],
    "PlanMisses": ["miss_share", "planned", "planning_share"],
    "AuditFailing": ["refused"],
    "AuditSlow": ["audit", "few"],
    "GovernanceSilent": [],
}
# Bounds of quantiles, by the histogram.
QUANTILES = {
    "db.client.operation.duration": BOUNDS.slow,
    "db.client.connection.wait_time": BOUNDS.waiting,
    "lienthong.stage.duration": BOUNDS.audit,
    "lienthong.event_loop.lag": 0.1,
}


def exposed(instrument: Instrument) -> Iterator[tuple[str, set[str]]]:
    labels = set(instrument.labels)
    if instrument.kind == "histogram":
        yield f"{instrument.prometheus}_bucket", labels | {"le"}
        yield f"{instrument.prometheus}_sum", labels
        yield f"{instrument.prometheus}_count", labels
    else:
        yield instrument.prometheus + ("_total" if instrument.kind == "counter" else ""), labels


def known() -> dict[str, set[str]]:
    """The labels of every series that there can be, by name."""
    names = {
        name: labels for instrument in (*INSTRUMENTS.values(), *GAUGES.values()) for name, labels in exposed(instrument)
    }
    for family in Metrics("0", lambda: iter(())).registry.collect():
        if family.name.startswith(("process_", "python_", "lienthong_build_info")):
            for sample in family.samples:
                names.setdefault(sample.name, set()).update(sample.labels)
    names["up"] = set()
    names = {name: labels | {"instance", "job"} for name, labels in names.items()}
    for rule in RULES:
        if "record" in rule:
            names[rule["record"]] = set(aggregated(promql.parse(rule["expr"])))
    told = {label for rule in ALERTS.values() for label in aggregated(promql.parse(rule["expr"]))}
    names["ALERTS"] = {"alertname", "alertstate", "severity", "job"} | told
    return names


def nodes(expression: promql.Expr) -> list[promql.Expr]:
    found: list[promql.Expr] = []
    promql.walk(expression, found.append)
    return found


def selectors(expression: promql.Expr) -> list[promql.VectorSelector]:
    return [node for node in nodes(expression) if isinstance(node, promql.VectorSelector)]


def aggregated(expression: promql.Expr) -> list[str]:
    """The labels that `by` and `on` name."""
    labels: list[str] = []
    for node in nodes(expression):
        if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            labels += node.modifier.labels
        if isinstance(node, promql.BinaryExpr) and node.modifier is not None and node.modifier.matching is not None:
            labels += node.modifier.matching.labels
    return labels


def written(expression: promql.Expr) -> set[str]:
    """The labels that `label_replace` makes."""
    return {
        node.args[1].val
        for node in nodes(expression)
        if isinstance(node, promql.Call) and node.func.name == "label_replace"
    }


def expressions() -> dict[str, str]:
    """Every expression, by where it stands."""
    found = {}
    for rule in RULES:
        name = rule.get("alert") or rule["record"]
        found[name] = rule["expr"]
        for query in re.findall(r"printf `(.+?)` ", rule.get("annotations", {}).get("description", "")):
            found[f"{name}, description"] = query.replace("%s", "production")
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            found[f"{panel['title']}, {target['refId']}"] = target["expr"].replace("$__rate_interval", "1m")
    for annotation in DASHBOARD["annotations"]["list"]:
        found[annotation["name"]] = annotation["expr"]
    return found


EXPRESSIONS = expressions()


def strings(value: Any, name: str) -> Iterator[Any]:
    """Every value under a name, however deep."""
    if isinstance(value, Mapping):
        yield from (inner for key, inner in value.items() if key == name)
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from strings(inner, name)


def codes(error: type[LienthongError] = LienthongError) -> set[str]:
    return {error.code}.union(*(codes(kind) for kind in error.__subclasses__()))


@pytest.mark.parametrize(
    "path", sorted(DEPLOY.rglob("*.yml")) + sorted(DEPLOY.rglob("*.json")), ids=lambda path: path.name
)
def test_every_file_is_readable(path: Path) -> None:
    assert isinstance((json.loads if path.suffix == ".json" else yaml.safe_load)(path.read_text()), dict)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_uses_series_and_labels_that_there_are(name: str) -> None:
    expression, names, there = promql.parse(EXPRESSIONS[name]), known(), set[str]()
    for selector in selectors(expression):
        assert selector.name in names
        there |= names[selector.name]
        assert {matcher.name for matcher in selector.matchers.matchers} <= names[selector.name], selector.name
    assert set(aggregated(expression)) <= there | written(expression)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_matches_codes_that_there_are(name: str) -> None:
    importlib.import_module("service.app")
    for selector in selectors(promql.parse(EXPRESSIONS[name])):
        for matcher in selector.matchers.matchers:
            if matcher.name == "error_type" and matcher.value:
                for pattern in matcher.value.split("|"):
                    assert any(re.fullmatch(pattern, code) for code in codes()), pattern


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable["name"])
def test_a_variable_asks_for_a_label_that_there_is(variable: dict[str, Any]) -> None:
    found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"])
    assert found is not None
    assert variable["query"]["query"] == variable["definition"]
    (selector,) = selectors(promql.parse(found[1]))
    assert selector.name is not None
    assert {found[2], *(matcher.name for matcher in selector.matchers.matchers)} <= known()[selector.name]


def test_every_variable_is_used_and_every_used_one_is_there() -> None:
    used = {name for text in strings(DASHBOARD["panels"], "expr") for name in re.findall(r"\$(\w+)", text)}
    assert used - {"__rate_interval"} == {variable["name"] for variable in VARIABLES}


def test_every_finding_has_an_alert_of_its_name() -> None:
    assert {kind.title().replace("_", "") for kind in FINDINGS} == set(COMPARED)
    assert set(COMPARED) <= set(ALERTS)


@pytest.mark.parametrize("alert", COMPARED)
def test_an_alert_has_the_bounds_of_its_finding(alert: str) -> None:
    compared = [
        node.rhs.val
        for node in nodes(promql.parse(ALERTS[alert]["expr"]))
        if isinstance(node, promql.BinaryExpr) and str(node.op) == ">=" and isinstance(node.rhs, promql.NumberLiteral)
    ]
    assert compared == [getattr(BOUNDS, bound) for bound in COMPARED[alert]]


def test_every_bound_has_an_alert() -> None:
    assert {bound for compared in COMPARED.values() for bound in compared} == {field.name for field in fields(BOUNDS)}


@pytest.mark.parametrize("name", QUANTILES)
def test_the_bound_of_a_quantile_is_the_border_of_a_bucket(name: str) -> None:
    assert QUANTILES[name] in INSTRUMENTS[name].buckets


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_how_bad_it_is_and_what_to_do(alert: str) -> None:
    rule = ALERTS[alert]
    severities = re.sub(r"{{.*?}}", " ", rule["labels"]["severity"]).split()
    assert severities
    assert set(severities) <= {"critical", "warning"}
    vietnamese, english = rule["annotations"]["summary"].split("{{ else }}")[0].split(" · ")
    assert vietnamese
    assert english.isascii()
    assert rule["annotations"]["description"].isascii()
    anchor = re.sub(r"(?<!^)(?=[A-Z])", "-", alert).lower()
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{anchor}"


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_tells_of_labels_that_it_has(alert: str) -> None:
    rule = ALERTS[alert]
    expression = promql.parse(rule["expr"])
    labels = set(aggregated(expression)) | (set() if aggregated(expression) else {"instance", "job"})
    told = " ".join((*rule["annotations"].values(), rule["labels"]["severity"]))
    assert set(re.findall(r"\$labels\.(\w+)", told)) <= labels


def test_titles_are_vietnamese_and_english() -> None:
    titles = [panel["title"] for panel in DASHBOARD["panels"]] + [variable["label"] for variable in VARIABLES]
    for title in titles:
        vietnamese, english = title.split(" · ") if " · " in title else (title, "")
        assert not vietnamese.isascii()
        assert english.isascii()
        assert english


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_every_data_source_is_provisioned_and_exemplars_lead_to_traces() -> None:
    given = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/lienthong.yml").read_text())["datasources"]
    sources = {source["uid"]: source for source in given}
    assert {source["uid"] for source in strings(DASHBOARD, "datasource")} <= set(sources)
    (destination,) = sources["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert destination == {"name": "trace_id", "datasourceUid": "jaeger"}
    assert sources["prometheus"]["jsonData"]["timeInterval"] == PROMETHEUS["global"]["scrape_interval"]
    for source in sources.values():
        assert source["url"].removeprefix("http://").partition(":")[0] in SERVICES
    assert "exemplar-storage" in " ".join(SERVICES["prometheus"]["command"])


@pytest.mark.parametrize("service", ["gateway", "mongo", "prometheus", "grafana"])
def test_what_is_mounted_is_there(service: str) -> None:
    for volume in SERVICES[service]["volumes"]:
        source, target, *mode = volume.split(":")
        if source.startswith("."):
            assert (ROOT / source).is_dir(), source
            assert target.startswith("/")
            assert mode == ["ro"]


def test_prometheus_finds_its_rules_the_gateways_and_the_key() -> None:
    assert all((DEPLOY / "prometheus" / name).is_file() for name in PROMETHEUS["rule_files"])
    (scraped,) = PROMETHEUS["scrape_configs"]
    (discovered,) = scraped["dns_sd_configs"]
    assert (discovered["names"], discovered["type"], discovered["port"]) == (["gateway"], "A", 8000)
    assert SERVICES["gateway"]["ports"][0].endswith(":8000")
    (secret,) = SERVICES["prometheus"]["secrets"]
    assert scraped["authorization"] == {"credentials_file": f"/run/secrets/{secret}"}
    # Compose copies a secret of the environment into the container, which must be writable for that.
    assert not SERVICES["prometheus"].get("read_only")


def test_the_dashboard_is_where_grafana_looks() -> None:
    (provider,) = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/lienthong.yml").read_text())["providers"]
    mounted = dict(reversed(volume.split(":")[:2]) for volume in SERVICES["grafana"]["volumes"])
    assert (ROOT / mounted[provider["options"]["path"]] / "lienthong.json").is_file()
    home = Path(SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider["options"]["path"]


def test_the_example_environment_names_everything_that_must_be_set() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    named = re.findall(r"^(\w+)=$", (DEPLOY / "env.example").read_text(), re.MULTILINE)
    assert set(re.findall(r"\$\{(\w+):\?\}", compose)) == set(named)
    for secret in yaml.safe_load(compose)["secrets"].values():
        assert secret["environment"] in named
