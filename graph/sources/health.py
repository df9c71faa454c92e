"""The health database: encounters in the form of the insurance XML1 table, and vaccinations. All of it is sensitive."""

from __future__ import annotations

from graph.codecs import compact_date, compact_datetime, split
from graph.fields import entity, extends, linked, stored
from graph.scalars import Date, DateTime

SOURCE = "health"


@entity(source=SOURCE, table="kham_chua_benh", subject="SO_CCCD", description="Đợt khám, chữa bệnh (encounter).")
class Encounter:
    """One encounter, from the columns of XML1."""

    number: str | None = stored("MA_LK", sensitive=True, description="Mã lượt khám, chữa bệnh (MA_LK)")
    started_at: DateTime | None = stored(
        "NGAY_VAO", codec=compact_datetime, sensitive=True, description="Thời điểm vào (admission)"
    )
    ended_at: DateTime | None = stored(
        "NGAY_RA", codec=compact_datetime, sensitive=True, description="Thời điểm ra (discharge)"
    )
    main_diagnosis: str | None = stored("MA_BENH_CHINH", sensitive=True, description="Mã bệnh chính ICD-10")
    other_diagnoses: list[str] | None = stored(
        "MA_BENH_KT", codec=split(";"), sensitive=True, description="Mã bệnh kèm theo ICD-10"
    )
    diagnosis_text: str | None = stored("CHAN_DOAN_RV", sensitive=True, description="Chẩn đoán ra viện")
    facility_code: str | None = stored("MA_CSKCB", sensitive=True, description="Mã cơ sở khám, chữa bệnh")
    encounter_kind: str | None = stored("MA_LOAI_KCB", sensitive=True, description="Mã loại khám, chữa bệnh")
    outcome: str | None = stored("KET_QUA_DTRI", sensitive=True, description="Kết quả điều trị (mã)")
    insurance_card_number: str | None = stored("MA_THE_BHYT", sensitive=True, description="Mã thẻ BHYT đã dùng")
    total_cost: int | None = stored("T_TONGCHI_BV", sensitive=True, description="Tổng chi phí, đồng (VND)")
    insurer_pays: int | None = stored("T_BHTT", sensitive=True, description="Quỹ BHYT trả, đồng (VND)")
    patient_pays: int | None = stored("T_BNCCT", sensitive=True, description="Người bệnh cùng chi trả, đồng (VND)")


@entity(source=SOURCE, table="tiem_chung", subject="SO_CCCD", description="Mũi tiêm chủng (vaccination).")
class Vaccination:
    """One dose."""

    vaccine_code: str | None = stored("MA_VACXIN", sensitive=True, description="Mã vắc xin (vaccine code)")
    vaccine_name: str | None = stored("TEN_VACXIN", sensitive=True, description="Tên vắc xin (vaccine)")
    dose: int | None = stored("MUI_SO", sensitive=True, description="Mũi số (dose)")
    given_on: Date | None = stored("NGAY_TIEM", codec=compact_date, sensitive=True, description="Ngày tiêm (date)")
    facility: str | None = stored("CO_SO_TIEM", sensitive=True, description="Cơ sở tiêm (facility)")
    lot: str | None = stored("SO_LO", sensitive=True, description="Số lô (lot)")


@extends("Citizen", source=SOURCE)
class CitizenHealth:
    """Health's part of a citizen."""

    encounters: list[Encounter] | None = linked(
        "personal_id", "SO_CCCD", sensitive=True, description="Các đợt khám, chữa bệnh (encounters)"
    )
    vaccinations: list[Vaccination] | None = linked(
        "personal_id", "SO_CCCD", sensitive=True, description="Tiêm chủng (vaccinations)"
    )
