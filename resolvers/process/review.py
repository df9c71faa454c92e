"""The review of a dossier in the terms of the process schema."""

from __future__ import annotations

import asyncio

from auth.process.dossier import Dossier
from graph.catalog import Catalog
from graph.process import review as answered
from resolvers.review.review import Review, review_of

__all__ = ["review_for"]


async def review_for(catalog: Catalog, dossier: Dossier, replaced: Dossier | None) -> answered.Review:
    """The review of a dossier, beside the version that it would replace. Wide contracts take their time in a thread."""
    return _answered(await asyncio.to_thread(review_of, catalog, dossier, replaced))


def _answered(review: Review) -> answered.Review:
    return answered.Review(
        number_of_fields=review.counts.fields,
        sensitive_share=review.counts.sensitive_share,
        third_party_share=review.counts.third_party_share,
        opened=[
            answered.ReviewedField(
                purpose=one.purpose,
                field=one.coordinate,
                words=one.vi,
                english=one.en,
                justification=one.justification,
                paths=list(one.paths),
                arguments=list(one.arguments),
                elements=list(one.elements),
                sensitive=one.sensitive,
                third_party=one.third_party,
            )
            for one in review.opened
        ],
        doubts=[
            answered.ReviewDoubt(
                rule=one.rule, purpose=one.purpose, fields=list(one.fields), words=one.vi, english=one.en
            )
            for one in review.doubts
        ],
        replaces=review.comparison.replaces if review.comparison else None,
        changes=[
            answered.ReviewChange(
                subject=one.subject,
                direction=one.direction,
                purpose=one.purpose,
                before=one.before,
                after=one.after,
                words=one.vi,
                english=one.en,
            )
            for one in (review.comparison.changes if review.comparison else ())
        ],
        columns=list(dict.fromkeys(f"{t.source}: {t.table}.{t.element}" for t in review.elements)),
        faults=list(review.faults),
    )
