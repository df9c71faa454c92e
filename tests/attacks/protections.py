"""Protections of the service: where each is, how it is taken out, and the test that must fall then."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PROTECTIONS", "Protection"]


@dataclass(frozen=True)
class Protection:
    """A protection: what it does, where it is, how it is taken out, and the test that tells."""

    what: str
    file: str
    old: str
    new: str
    test: str


PROTECTIONS = [
    Protection(
        "the view leaves out unpermitted fields",
        "graph/view.py",
        "return coordinate in self.readable or coordinate not in self.catalog.homes",
        "return True",
        "test_every_hidden_field_looks_like_none",
    ),
    Protection(
        "the planner answers an unpermitted field with null",
        "graph/view.py",
        "return coordinate not in self.catalog.homes or coordinate in self.readable",
        "return True",
        "test_an_alias_onto_a_permitted_name_is_null_in_null_mode",
    ),
    Protection(
        "plans are kept by the values of switches",
        "resolvers/engine.py",
        "key = (request.query, request.operation_name, tuple(switches.values()), view.key)",
        "key = (request.query, request.operation_name, (), view.key)",
        "test_a_plan_cached_under_false_gives_nothing_when_replayed_with_true",
    ),
    Protection(
        "plans are kept by the name of the operation",
        "resolvers/engine.py",
        "key = (request.query, request.operation_name, tuple(switches.values()), view.key)",
        "key = (request.query, None, tuple(switches.values()), view.key)",
        "test_the_selected_operation_decides",
    ),
    Protection(
        "validation suggests no names",
        "resolvers/documents.py",
        "max_errors=MAX_ERRORS, hide_suggestions=True)",
        "max_errors=MAX_ERRORS)",
        "test_no_misspelling_is_put_right",
    ),
    Protection(
        "introspection is answered from the view",
        "resolvers/engine.py",
        "execute_sync(view.schema, document,",
        "execute_sync(view.catalog.schema, document,",
        "test_a_hidden_type_is_no_type",
    ),
    Protection(
        "documents are validated against the view",
        "resolvers/documents.py",
        "validate(view.schema, document,",
        "validate(view.catalog.schema, document,",
        "test_no_validation_message_tells_a_hidden_name",
    ),
    Protection(
        "input fields and enum values need their grant",
        "graph/view.py",
        "return coordinate is None or coordinate in self.permission.filterable",
        "return True",
        "test_no_variable_tells_a_hidden_name",
    ),
    Protection(
        "a search requires the grants of its criteria",
        "resolvers/bind.py",
        "    if not view.filterable(coordinate):",
        "    if False:",
        "test_in_null_mode_an_ungranted_filter_is_denied_whatever_its_value",
    ),
    Protection(
        "a cursor is bound to contract, purpose, root and order",
        "resolvers/bind.py",
        'binding = "|".join((contract, purpose, root.name, order or ""))',
        'binding = ""',
        "test_a_cursor_of_another_order_client_or_hand_is_refused",
    ),
    Protection(
        "cursors are filled up to one length",
        "resolvers/cursors.py",
        "_BLOCK = 128",
        "_BLOCK = 1",
        "test_a_cursor_decodes_to_no_value_and_has_no_length_of_its_own",
    ),
    Protection(
        "a look-up root needs the grant of its key",
        "graph/view.py",
        "if not limited or not self.catalog.required_grants(name) <= self.permission.filterable:",
        "if not limited:",
        "test_a_root_with_an_ungranted_key_is_no_root",
    ),
    Protection(
        "the row scope is a condition of the fetch",
        "resolvers/planner.py",
        "return {name: limit for name, limit in given.items() if limit is not None}",
        "return {}",
        "test_what_points_out_of_scope_points_nowhere",
    ),
    Protection(
        "the guard is asked whatever was found",
        "resolvers/run.py",
        "if node.guard is not None:",
        "if node.guard is not None and groups:",
        "test_out_of_scope_and_not_found_look_alike",
    ),
    Protection(
        "a shield keeps an address in the database",
        "graph/view.py",
        "return coordinate in self.catalog.shielded and coordinate not in self.permission.protected",
        "return False",
        "test_a_protected_person_is_like_one_without_an_address",
    ),
    Protection(
        "documents are fetched with an exact projection",
        "connectors/mongo.py",
        '"projection": projection,',
        '"projection": {**projection, "soKhung": 1},',
        "test_an_outage_widens_no_projection",
    ),
    Protection(
        "an error of PostgreSQL is told without its text",
        "connectors/postgres.py",
        "raise SourceFaultError(self.source) from error",
        "raise SourceFaultError(str(error)) from error",
        "test_no_word_of_postgresql_leaves",
    ),
    Protection(
        "a span counts keys and holds none",
        "connectors/spans.py",
        '"lienthong.fetch.keys": key_count(fetch)',
        '"lienthong.fetch.keys": str(fetch.values)',
        "test_spans_say_what_was_done_and_nothing_of_whom",
    ),
    Protection(
        "an error is not described in a span",
        "service/telemetry/recorder.py",
        "span.failed(_code_of(error))",
        "span.failed(str(error))",
        "test_spans_say_what_was_done_and_nothing_of_whom",
    ),
    Protection(
        "the name of an operation tells no number",
        "service/telemetry/names.py",
        "> _MOST_DIGITS",
        "> 1000",
        "test_spans_say_what_was_done_and_nothing_of_whom",
    ),
    Protection(
        "a caller's trace is continued only if it is trusted",
        "service/telemetry/requests.py",
        "not self._origins.from_proxy(request.scope)",
        "False",
        "test_a_crafted_traceparent_gets_an_ordinary_answer_and_a_record",
    ),
    Protection(
        "pages of the people on call need their key",
        "service/operations/routes.py",
        "gate.require(request)",
        "gate",
        "test_pages_of_the_people_on_call_say_nothing_to_clients",
    ),
    Protection(
        "documents are kept by the view",
        "resolvers/engine.py",
        "get_or_make((request.query, view.key)",
        "get_or_make((request.query, None)",
        "test_a_document_that_was_valid_for_one_is_refused_for_the_other",
    ),
    Protection(
        "plans are kept by the view",
        "resolvers/engine.py",
        "tuple(switches.values()), view.key)",
        "tuple(switches.values()), None)",
        "test_interleaved_contracts_never_carry_each_others_fields",
    ),
    Protection(
        "views are kept by all that is permitted",
        "service/endpoint.py",
        "self._views.get_or_make(permission.key,",
        "self._views.get_or_make(permission.purpose,",
        "test_views_are_made_for_each_client_alone",
    ),
    Protection(
        "a contract must be in force",
        "auth/contract.py",
        'if contract.state != "ACTIVE":',
        "if False:",
        "test_the_next_page_is_judged_anew",
    ),
    Protection(
        "a change empties the cache of contracts",
        "auth/store.py",
        "            table.clear()",
        "            pass",
        "test_a_change_in_mid_request_holds_for_the_next_and_mixes_no_versions",
    ),
    Protection(
        "a purpose must be the contract's own",
        "auth/contract.py",
        "if purpose not in contract.purposes:",
        "if False:",
        "test_a_purpose_must_be_named_and_the_contracts_own",
    ),
    Protection(
        "aliases are counted",
        "resolvers/planner.py",
        "if self.aliases > self.limits.aliases:",
        "if False:",
        "test_aliases_multiply_no_limit",
    ),
    Protection(
        "introspection is counted",
        "resolvers/planner.py",
        "if introspections > _INTROSPECTIONS:",
        "if False:",
        "test_introspection_cannot_be_multiplied",
    ),
    Protection(
        "what is read is on the record",
        "resolvers/facts.py",
        "    for column, given in reasons.items():",
        "    for column, given in list(reasons.items())[1:]:",
        "test_every_read_is_on_the_record_with_its_reason",
    ),
    Protection(
        "what is denied is on the record",
        "resolvers/facts.py",
        "denied=sorted(requested - granted)",
        "denied=[]",
        "test_every_denied_attempt_is_on_the_record",
    ),
    Protection(
        "without a record there is no answer",
        "service/endpoint.py",
        "response, fields = Response(None, errors_of(error), error.status), ",
        "_, fields = Response(None, errors_of(error), error.status), ",
        "test_without_a_record_there_is_no_answer",
    ),
    Protection(
        "a registered document is found under its permission only",
        "resolvers/persisted.py",
        "        key = (permission.key, sha256)",
        "        key = next((key for key in shelf.texts if key[1] == sha256), ()) if shelf else ()",
        "test_a_hash_from_before_a_narrowing_is_unknown_after_it",
    ),
    Protection(
        "a hash must be that of the text",
        "resolvers/persisted.py",
        "if given is not None and given != document_digest(text):",
        "if False:",
        "test_a_hash_with_another_body_is_refused_and_changes_nothing",
    ),
    Protection(
        "looking at the schema is recorded",
        "service/endpoint.py",
        "                if due:",
        "                if due and record.facts is not _SCHEMA:",
        "test_looking_at_the_schema_is_on_the_record",
    ),
]
