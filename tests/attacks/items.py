"""The ways to read or infer what a contract does not permit, item by item, and the tests that try each.

`python -m tests.attacks.items` prints the table of the README.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ITEMS", "Item", "table"]


@dataclass(frozen=True)
class Item:
    """One way, in the words of its paragraph, and the names of the tests that try it."""

    paragraph: str
    way: str
    tests: tuple[str, ...]


def _items(paragraph: str, ways: dict[str, str]) -> list[Item]:
    return [Item(paragraph, way, tuple(f"test_{name}" for name in tests.split())) for way, tests in ways.items()]


SELECTION = {
    "alias": "every_hidden_field_looks_like_none an_alias_does_not_bring_a_hidden_field",
    "alias onto a permitted name": "an_alias_does_not_bring_a_hidden_field "
    "an_alias_onto_a_permitted_name_is_null_in_null_mode",
    "named, inline, nested and unused fragments": "a_fragment_does_not_bring_a_hidden_field "
    "a_fragment_brings_null_in_null_mode",
    "type conditions on hidden types": "a_condition_on_a_hidden_type_is_one_on_no_type",
    "two fragments sharing a response key, one of them denied": "fragments_that_share_a_key_do_not_bring_the_denied_"
    "one fragments_that_share_a_key_are_answered_each_by_its_grant_in_null_mode",
    "`@skip` and `@include` with literals": "a_switched_off_hidden_field_is_refused_like_none",
    "`@skip` and `@include` with variables": "a_hidden_field_under_a_variable_is_refused_like_none",
    "a plan cached under false and replayed with true": "a_plan_cached_under_false_gives_nothing_when_replayed_with_"
    "true",
    "several operations in a document, the selected one decides": "the_selected_operation_decides",
    "`__typename` on hidden types": "the_name_of_a_hidden_type_is_not_told_by_typename",
    "mutation payloads": "a_mutation_has_no_payload",
    "null as an existence oracle, number of errors as a row count": "null_is_no_oracle_of_existence",
}
DISCLOSURE = {
    "`__schema`": "introspection_shows_the_view_and_nothing_else",
    "`__type`": "a_hidden_type_is_no_type a_shown_type_shows_only_its_shown_parts",
    "deprecated, possible types, input types, enum values": "a_shown_type_shows_only_its_shown_parts",
    "directives": "directives_tell_nothing_that_is_hidden",
    "descriptions": "the_sdl_and_its_descriptions_tell_nothing_that_is_hidden",
    "introspection aliased, mixed with data": "introspection_aliased_mixed_and_in_fragments_shows_the_view",
    "introspection over GET": "introspection_over_get_is_not_served",
    "introspection in a persisted query": "introspection_by_its_hash_shows_the_view",
    "“did you mean” for fields, types, arguments, enum values, input fields": "no_misspelling_is_put_right "
    "guessing_finds_nothing_outside_the_contract",
    "every validation message (sub-selection required, overlapping fields, required argument)": "every_validation_rule_"
    "has_its_attack no_validation_message_tells_a_hidden_name",
    "variable coercion messages, unknown input fields": "no_variable_tells_a_hidden_name",
    "over-long enums": "an_over_long_enum_value_names_no_other",
    "custom scalar errors": "the_error_of_a_scalar_says_its_form_and_nothing_of_data "
    "a_hidden_scalar_has_no_error_of_its_own",
}
INFERENCE = {
    "filters (equal, prefix, range, is null) on an ungranted field": "an_ungranted_field_cannot_be_filtered_by "
    "in_null_mode_an_ungranted_filter_is_denied_whatever_its_value",
    "filters nested in and, or, not": "an_ungranted_field_cannot_be_filtered_by",
    "filters through relations": "an_ungranted_field_cannot_be_filtered_by a_relation_takes_no_filter",
    "filters by default values": "no_default_and_no_variable_brings_a_filter",
    "Mongo dot paths and `$` keys in any string or JSON input": "an_operator_in_a_string_is_a_value "
    "an_operator_in_json_is_no_value names_of_variables_and_of_the_operation_reach_no_database",
    "ordering": "an_ungranted_field_cannot_be_ordered_by",
    "tie-breaks": "ties_are_broken_by_the_rows_identity_and_by_no_hidden_field",
    "cursors that decode to hidden values": "a_cursor_decodes_to_no_value_and_has_no_length_of_its_own",
    "cursors that name another column": "a_cursor_of_another_order_client_or_hand_is_refused "
    "a_cursor_dies_with_the_grant_that_it_was_made_under",
    "counts": "there_is_no_count_of_rows the_page_ends_with_what_is_in_scope",
    "has-next-page": "the_page_ends_with_what_is_in_scope",
    "differencing two counts": "the_difference_of_two_counts_says_nothing_of_who_is_outside",
    "look-up root by an ungranted unique key": "a_root_with_an_ungranted_key_is_no_root",
    "null, not found and forbidden look alike": "out_of_scope_and_not_found_look_alike "
    "a_verification_of_someone_out_of_scope_matches_nothing a_contract_without_the_scope_sees_them_all",
    "a record out of row scope that a record in scope points to": "what_points_out_of_scope_points_nowhere "
    "a_pointer_out_of_scope_costs_what_a_dangling_one_costs",
    "address and contacts of a protected person": "a_protected_person_is_like_one_without_an_address",
    "finding a protected person by an address": "nobody_finds_a_protected_person_by_an_address",
    "response time that depends on denied data": "every_hidden_field_looks_like_none "
    "out_of_scope_and_not_found_look_alike a_pointer_out_of_scope_costs_what_a_dangling_one_costs",
    "quota that depends on denied data": "the_quota_does_not_depend_on_what_is_denied",
}
FEDERATION = {
    "hidden join keys in output": "join_keys_stay_inside",
    "hidden join keys in errors": "join_keys_stay_inside_when_a_source_fails a_join_key_of_a_strange_kind_is_not_told",
    "hidden join keys in cursors": "join_keys_stay_inside",
    "hidden join keys in ids": "no_row_has_an_id_of_its_own",
    "reverse look-ups from a specialised database to a citizen": "no_record_leads_back_to_its_citizen "
    "no_record_is_found_by_its_citizen",
    "driver error text": "no_word_of_a_document_driver_leaves no_word_of_postgresql_leaves "
    "an_unreadable_value_is_not_told a_join_key_of_a_strange_kind_is_not_told",
    "a partial outage that widens a projection": "an_outage_widens_no_projection",
    "debug switches": "no_header_switches_anything_on no_address_switches_anything_on "
    "there_is_no_path_beside_those_that_are_known pages_of_the_people_on_call_say_nothing_to_clients",
    "crafted `traceparent`": "a_crafted_traceparent_gets_an_ordinary_answer_and_a_record",
    "baggage": "baggage_goes_nowhere",
    "span attributes": "spans_say_what_was_done_and_nothing_of_whom",
}
BETWEEN = {
    "document and validation caches, both orders": "a_document_that_was_valid_for_one_is_refused_for_the_other",
    "plan caches, both orders": "a_document_is_planned_for_each_client_alone",
    "view caches": "views_are_made_for_each_client_alone",
    "request coalescing": "equal_requests_of_two_clients_are_not_made_one",
    "loaders": "loaders_of_two_clients_do_not_share_rows an_alias_gets_no_row_that_another_asked_for",
    "two aliases in a request needing different projections of one row": "two_aliases_of_one_row_each_get_their_own_"
    "projection",
    "a persisted hash registered by another client": "a_hash_is_unknown_to_another_client "
    "a_document_that_was_refused_is_not_registered",
    "a persisted hash from before narrowing": "a_hash_from_before_a_narrowing_is_unknown_after_it "
    "a_stored_document_is_judged_by_the_contract_that_is_in_force",
    "a persisted hash with another body": "a_hash_with_another_body_is_refused_and_changes_nothing",
    "a document beside the stored ones": "beside_a_list_of_documents_nothing_runs_and_nothing_is_told",
    "batched arrays with one denied item": "a_batch_of_operations_is_not_taken_in_part",
    "pooled connections that keep session state": "a_pooled_connection_keeps_nothing_of_a_session "
    "a_connection_given_up_half_way_answers_the_next_client_alone",
    "two contracts interleaved and truly concurrent": "interleaved_contracts_never_carry_each_others_fields",
}
LIFE = {
    "revoke, narrow or expire in mid-request": "a_change_in_mid_request_holds_for_the_next_and_mixes_no_versions",
    "between two pages": "the_next_page_is_judged_anew",
    "inside a batch": "a_change_inside_a_batch_splits_no_batch",
    "on every worker": "a_change_reaches_every_worker",
    "contract store down": "without_the_contract_store_nothing_is_answered "
    "a_silent_contract_store_gives_no_stale_permission",
    "purpose missing or foreign": "a_purpose_must_be_named_and_the_contracts_own",
    "purpose of another contract of the same client (no implicit union)": "a_purpose_must_be_named_and_the_contracts_"
    "own purposes_and_contracts_of_a_client_never_add_up",
    "a new column appears": "a_new_column_is_not_read a_field_that_a_contract_does_not_name_is_denied "
    "a_new_field_looks_like_none_until_a_contract_names_it",
    "limits under alias amplification": "aliases_multiply_no_limit introspection_cannot_be_multiplied",
    "limits under concurrent overshoot": "no_concurrency_overshoots_a_limit",
    "every internal read appears in the audit with its reason (output, join, filter)": "every_read_is_on_the_record_"
    "with_its_reason",
    "denied attempts appear in the audit": "every_denied_attempt_is_on_the_record every_refusal_is_on_the_record "
    "looking_at_the_schema_is_on_the_record",
    "a client can suppress no record": "a_client_that_hangs_up_is_on_the_record without_a_record_there_is_no_answer",
    "a client can forge no record": "a_record_is_of_the_key_and_not_of_what_the_client_says "
    "the_gateways_role_can_add_records_only a_crafted_traceparent_gets_an_ordinary_answer_and_a_record",
}
ITEMS = [
    *_items("Selection", SELECTION),
    *_items("Schema disclosure", DISCLOSURE),
    *_items("Inference", INFERENCE),
    *_items("Federation", FEDERATION),
    *_items("Between clients", BETWEEN),
    *_items("Life cycle", LIFE),
]


def table() -> str:
    """The items and their tests as a table."""
    lines = ["| | way | tests |", "|---|---|---|"]
    paragraph = ""
    for item in ITEMS:
        head = f"**{item.paragraph}**" if item.paragraph != paragraph else ""
        lines.append(f"| {head} | {item.way} | {', '.join(f'`{name}`' for name in item.tests)} |")
        paragraph = item.paragraph
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201 - a program that prints
