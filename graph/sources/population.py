"""The National Population Database: items 1 to 25 of Law 26/2023/QH15, Article 9."""

from __future__ import annotations

from graph.codecs import codes
from graph.enums import (
    BloodGroup,
    Gender,
    IdentityCardKind,
    MaritalStatus,
    Relation,
    blood_group,
    gender,
    marital_status,
    named,
)
from graph.fields import CitizenRef, embedded, entity, linked, stored
from graph.homes import Limit
from graph.scalars import Date, PartialDate, PersonalId
from graph.values import AbsenceStatus, Address, CodedValue, Contact, PersonName

SOURCE = "population"

# How row scopes limit the rows of the table `citizen`.
CITIZEN_SCOPE = {
    "province": Limit("permanent_province_code", ("Citizen.permanentResidence",)),
    "residence": Limit(
        "residence_status",
        ("Citizen.permanentResidence", "Citizen.temporaryResidence", "Citizen.temporaryAbsence"),
        "overlaps",
    ),
}


@entity(
    source=SOURCE,
    table="identity_card",
    identity="card_id",
    subject="personal_id",
    description="Thẻ căn cước.",
)
class IdentityCard:
    """Item 14: issue date, place and validity of a card."""

    kind: IdentityCardKind | None = stored(
        "kind", codec=codes(named(IdentityCardKind)), description="Loại giấy tờ (kind)"
    )
    issued_on: Date | None = stored("issued_on", description="Ngày cấp (date of issue)")
    issued_by: str | None = stored("issued_by", description="Nơi cấp (issuing authority)")
    expires_on: Date | None = stored("expires_on", description="Thời hạn (date of expiry); trống nếu không thời hạn")


@entity(
    source=SOURCE,
    table="relative",
    identity="relative_no",
    subject="relative_personal_id",
    description="Người thân ghi trong hồ sơ của công dân (relative as recorded with the citizen).",
)
class Relative:
    """Item 15: name, numbers and nationality of a relative or representative."""

    relation: Relation | None = stored("relation", codec=codes(named(Relation)), description="Quan hệ (relation)")
    personal_id: PersonalId | None = stored(
        "relative_personal_id", third_party=True, description="Số định danh cá nhân của người thân"
    )
    legacy_id9: str | None = stored("legacy_id9", third_party=True, description="Số CMND 09 số của người thân")
    name: PersonName | None = embedded(third_party=True, description="Họ tên người thân (relative's name)")
    nationality: str | None = stored("nationality", third_party=True, description="Quốc tịch người thân")
    citizen: CitizenRef | None = linked(
        "relative_personal_id",
        "personal_id",
        third_party=True,
        description="Hồ sơ dân cư của người thân (the relative's own record)",
    )


@entity(
    source=SOURCE,
    table="citizen",
    identity="registered_no",
    subject="personal_id",
    scope=CITIZEN_SCOPE,
    protected="protected",
    description="Thành viên hộ gia đình (member of a household).",
)
class HouseholdMember:
    """Item 23: name and numbers of a member of the household."""

    personal_id: PersonalId | None = stored("personal_id", third_party=True, description="Số định danh cá nhân")
    legacy_id9: str | None = stored("legacy_id9", third_party=True, description="Số CMND 09 số")
    birth_name: PersonName | None = embedded("birth_", third_party=True, description="Họ, chữ đệm và tên khai sinh")
    relation_to_head: str | None = stored(
        "relation_to_head", third_party=True, description="Quan hệ với chủ hộ (relation to the head)"
    )
    citizen: CitizenRef | None = linked(
        "personal_id",
        "personal_id",
        third_party=True,
        description="Hồ sơ dân cư của thành viên (their own record)",
    )


@entity(
    source=SOURCE,
    table="household",
    identity="household_id",
    holder="head_personal_id",
    scope={"province": Limit("address_province_code", ("Household.address",)), "residence": None},
    protected="protected",
    description="Hộ gia đình (household).",
)
class Household:
    """Items 20 and 23: the household, its head and its members."""

    residence_file_number: str | None = stored("residence_file_number", shielded=True, description="Số hồ sơ cư trú")
    address: Address | None = embedded(
        "address_", present="country_code", shielded=True, description="Nơi thường trú của hộ"
    )
    head: HouseholdMember | None = linked(
        "head_personal_id",
        "personal_id",
        third_party=True,
        shielded=True,
        description="Chủ hộ (head of the household)",
    )
    members: list[HouseholdMember] | None = linked(
        "household_id", "household_id", third_party=True, shielded=True, description="Thành viên hộ (members)"
    )


@entity(
    source=SOURCE,
    table="citizen",
    identity="registered_no",
    subject="personal_id",
    scope=CITIZEN_SCOPE,
    protected="protected",
    extends="Citizen",
    description="Công dân trong Cơ sở dữ liệu quốc gia về dân cư (a citizen in the National Population Database).",
)
class CitizenRecord:
    """Items 1 to 25."""

    personal_id: PersonalId | None = stored("personal_id", description="Số định danh cá nhân (mục 3)")
    birth_name: PersonName | None = embedded("birth_", description="Họ, chữ đệm và tên khai sinh (mục 1)")
    other_names: list[str] | None = stored("other_names", description="Tên gọi khác (mục 2)")
    date_of_birth: PartialDate | None = stored(
        "date_of_birth", description="Ngày, tháng, năm sinh (mục 4); có thể chỉ có năm"
    )
    gender: Gender | None = stored("gender", codec=gender, description="Giới tính (mục 5)")
    place_of_birth: Address | None = embedded(
        "birth_place_", present="country_code", description="Nơi sinh (mục 6, place of birth)"
    )
    birth_registration_place: Address | None = embedded(
        "birth_registration_", present="country_code", description="Nơi đăng ký khai sinh (mục 7)"
    )
    place_of_origin: Address | None = embedded(
        "origin_", present="country_code", description="Quê quán (mục 8, place of origin)"
    )
    ethnicity: CodedValue | None = embedded(
        "ethnicity_",
        present="code",
        code_list="ethnicity",
        sensitive=True,
        description="Dân tộc (mục 9, ethnicity)",
    )
    religion: CodedValue | None = embedded(
        "religion_",
        present="code",
        code_list="religion",
        sensitive=True,
        description="Tôn giáo (mục 10, religion)",
    )
    nationalities: list[str] | None = stored("nationalities", description="Quốc tịch (mục 11): mã ISO 3166-1 alpha-2")
    blood_group: BloodGroup | None = stored(
        "blood_group", codec=blood_group, sensitive=True, description="Nhóm máu (mục 12, blood group)"
    )
    legacy_id9: str | None = stored("legacy_id9", description="Số CMND 09 số (mục 13)")
    identity_cards: list[IdentityCard] | None = linked(
        "personal_id", "personal_id", description="Thẻ căn cước, CCCD, CMND 12 số (mục 14)"
    )
    relatives: list[Relative] | None = linked(
        "personal_id",
        "personal_id",
        third_party=True,
        description="Cha, mẹ, vợ, chồng, con, người đại diện (mục 15)",
    )
    permanent_residence: Address | None = embedded(
        "permanent_", present="country_code", shielded=True, description="Nơi thường trú (mục 16)"
    )
    temporary_residence: Address | None = embedded(
        "temporary_", present="country_code", shielded=True, description="Nơi tạm trú (mục 17)"
    )
    current_residence: Address | None = embedded(
        "current_", present="country_code", shielded=True, description="Nơi ở hiện tại (mục 18)"
    )
    temporary_absence: AbsenceStatus | None = embedded(
        "absence_", present="from", shielded=True, description="Tình trạng khai báo tạm vắng (mục 19)"
    )
    residence_file_number: str | None = stored(
        "residence_file_number",
        reference=("household", "household_id", "household_id"),
        shielded=True,
        description="Số hồ sơ cư trú (mục 20)",
    )
    marital_status: MaritalStatus | None = stored(
        "marital_status", codec=marital_status, description="Tình trạng hôn nhân (mục 21)"
    )
    relation_to_household_head: str | None = stored("relation_to_head", description="Mối quan hệ với chủ hộ (mục 22)")
    household: Household | None = linked(
        "household_id", "household_id", assured=True, shielded=True, description="Hộ gia đình (mục 23, household)"
    )
    date_of_death_or_missing: PartialDate | None = stored(
        "date_of_death_or_missing", description="Ngày, tháng, năm chết hoặc mất tích (mục 24)"
    )
    contact: Contact | None = embedded(
        "contact_", shielded=True, description="Số thuê bao di động, thư điện tử (mục 25)"
    )
