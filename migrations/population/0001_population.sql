-- The National Population Database as this service sees it: items 1-25 of Article 9, Law 26/2023/QH15.
-- Addresses carry codes and no foreign keys: a register keeps the codes that were valid when an event was recorded,
-- and real registers hold codes that no list has. An address is absent when its country code is null.

CREATE SCHEMA IF NOT EXISTS population;

-- lower() is not used below: what it does to Vietnamese capitals depends on the server's locale.
-- The letters come in the order of their frequency in names because translate() searches from the left.

CREATE FUNCTION population.fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(
    translate(regexp_replace(normalize(lower(normalize(value, NFC) COLLATE pg_c_utf8), NFD), '[\u0300-\u036f]', '', 'g'),
              'đ', 'd'),
    '[ \t\r\n\f\v]+', ' ', 'g'));
COMMENT ON FUNCTION population.fold(text) IS
    'Tên viết thường, bỏ dấu, đ thành d; dùng để tìm theo tên không dấu.';

-- Vietnamese order: first the letters (a ă â b c d đ e ê ... with f j w z where Latin has them, written A..Z a..g), then
-- the tones of each syllable (level, huyền, hỏi, ngã, sắc, nặng written as nothing, 1..5), with '#' for a blank and '!'
-- between the two.
-- A tone is noted per syllable, so the two spellings "hòa" and "hoà" sort together.
CREATE FUNCTION population.vietnamese_sort_key(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN translate(normalize(value, NFC),
         ' nhtgicaumvolyrđpêôbdâsưkơxeqăfjwz'
         'àằầèềìòồờùừỳảẳẩẻểỉỏổởủửỷãẵẫẽễĩõỗỡũữỹáắấéếíóốớúứýạặậẹệịọộợụựỵ'
         'NHTGICAUMVOLYRĐPÊÔBDÂSƯKƠXEQĂFJWZ'
         'ÀẰẦÈỀÌÒỒỜÙỪỲẢẲẨẺỂỈỎỔỞỦỬỶÃẴẪẼỄĨÕỖỠŨỮỸÁẮẤÉẾÍÓỐỚÚỨÝẠẶẬẸỆỊỌỘỢỤỰỴ',
         '#RLZKMEAaQcSPfXGVITDFCYbOUeHWBJNdg'
         'ABCHIMSTUabfABCHIMSTUabfABCHIMSTUabfABCHIMSTUabfABCHIMSTUabf'
         'RLZKMEAaQcSPfXGVITDFCYbOUeHWBJNdg'
         'ABCHIMSTUabfABCHIMSTUabfABCHIMSTUabfABCHIMSTUabfABCHIMSTUabf')
    || '!' || translate(normalize(value, NFC),
         ' àằầèềìòồờùừỳảẳẩẻểỉỏổởủửỷãẵẫẽễĩõỗỡũữỹáắấéếíóốớúứýạặậẹệịọộợụựỵ'
         'ÀẰẦÈỀÌÒỒỜÙỪỲẢẲẨẺỂỈỎỔỞỦỬỶÃẴẪẼỄĨÕỖỠŨỮỸÁẮẤÉẾÍÓỐỚÚỨÝẠẶẬẸỆỊỌỘỢỤỰỴ'
         'nhtgicaumvolyrđpêôbdâsưkơxeqăfjwz'
         'NHTGICAUMVOLYRĐPÊÔBDÂSƯKƠXEQĂFJWZ',
         '#111111111111222222222222333333333333444444444444555555555555'
         '111111111111222222222222333333333333444444444444555555555555');
COMMENT ON FUNCTION population.vietnamese_sort_key(text) IS
    'Khóa sắp xếp theo bảng chữ cái tiếng Việt; so sánh bằng collation "C".';

-- People are listed by given name, then family name, then middle name.
CREATE FUNCTION population.vietnamese_sort_key(given_name text, family_name text, middle_name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN population.vietnamese_sort_key(given_name) || ' ' || population.vietnamese_sort_key(family_name)
    || ' ' || coalesce(population.vietnamese_sort_key(middle_name), '');
COMMENT ON FUNCTION population.vietnamese_sort_key(text, text, text) IS
    'Khóa sắp xếp họ tên: tên, rồi họ, rồi chữ đệm.';

CREATE FUNCTION population.full_name(family_name text, middle_name text, given_name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN family_name || ' ' || coalesce(middle_name || ' ', '') || given_name;
COMMENT ON FUNCTION population.full_name(text, text, text) IS 'Họ, chữ đệm và tên, cách nhau một dấu cách.';

CREATE TABLE population.administrative_unit (
    code text PRIMARY KEY,
    level smallint NOT NULL CHECK (level IN (1, 2, 3)),
    name text NOT NULL,
    parent_code text REFERENCES population.administrative_unit (code),
    dissolved_on date,
    successor_code text REFERENCES population.administrative_unit (code)
);

CREATE TABLE population.ethnicity (
    code text PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE population.religion (
    code text PRIMARY KEY,
    name text NOT NULL
);

-- The head is no foreign key: citizen refers to household, and a head may have left the register.
CREATE TABLE population.household (
    household_id bigint PRIMARY KEY,
    residence_file_number text UNIQUE,
    head_personal_id text,
    address_country_code text,
    address_province_code text,
    address_district_code text,
    address_commune_code text,
    address_detail text
);

CREATE TABLE population.citizen (
    personal_id text PRIMARY KEY CHECK (personal_id ~ '^[0-9]{12}$'),
    registered_no bigint NOT NULL UNIQUE,
    birth_family_name text NOT NULL,
    birth_middle_name text,
    birth_given_name text NOT NULL,
    birth_full_name text NOT NULL GENERATED ALWAYS AS
        (population.full_name(birth_family_name, birth_middle_name, birth_given_name)) STORED,
    name_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS
        (population.fold(population.full_name(birth_family_name, birth_middle_name, birth_given_name))) STORED,
    name_sort text COLLATE "C" NOT NULL GENERATED ALWAYS AS
        (population.vietnamese_sort_key(birth_given_name, birth_family_name, birth_middle_name)) STORED,
    other_names text[],
    date_of_birth text COLLATE "C" NOT NULL CHECK (date_of_birth ~ '^[0-9]{4}(-[0-9]{2}-[0-9]{2})?$'),
    gender smallint NOT NULL CHECK (gender IN (0, 1, 2)),
    birth_place_country_code text,
    birth_place_province_code text,
    birth_place_district_code text,
    birth_place_commune_code text,
    birth_place_detail text,
    birth_registration_country_code text,
    birth_registration_province_code text,
    birth_registration_district_code text,
    birth_registration_commune_code text,
    birth_registration_detail text,
    origin_country_code text,
    origin_province_code text,
    origin_district_code text,
    origin_commune_code text,
    origin_detail text,
    permanent_country_code text,
    permanent_province_code text,
    permanent_district_code text,
    permanent_commune_code text,
    permanent_detail text,
    temporary_country_code text,
    temporary_province_code text,
    temporary_district_code text,
    temporary_commune_code text,
    temporary_detail text,
    current_country_code text,
    current_province_code text,
    current_district_code text,
    current_commune_code text,
    current_detail text,
    ethnicity_code text REFERENCES population.ethnicity (code),
    religion_code text REFERENCES population.religion (code),
    nationalities text[],
    blood_group text CHECK (blood_group IN ('00', '01', '02', '03', '04')),
    legacy_id9 text CHECK (legacy_id9 ~ '^[0-9]{9}$'),
    absence_from date,
    absence_until date,
    absence_reason text,
    marital_status smallint NOT NULL DEFAULT 0 CHECK (marital_status BETWEEN 0 AND 3),
    household_id bigint REFERENCES population.household (household_id),
    relation_to_head text,
    date_of_death_or_missing text COLLATE "C"
        CHECK (date_of_death_or_missing ~ '^[0-9]{4}(-[0-9]{2}-[0-9]{2})?$'),
    contact_mobile text,
    contact_email text
);
CREATE INDEX citizen_household_id_idx ON population.citizen (household_id);
CREATE INDEX citizen_name_key_idx ON population.citizen (name_key);
CREATE INDEX citizen_permanent_province_name_key_idx ON population.citizen (permanent_province_code, name_key);
CREATE INDEX citizen_date_of_birth_idx ON population.citizen (date_of_birth);
CREATE INDEX citizen_name_sort_idx ON population.citizen (name_sort, personal_id);
CREATE INDEX citizen_legacy_id9_idx ON population.citizen (legacy_id9);

CREATE TABLE population.identity_card (
    card_id bigint PRIMARY KEY,
    personal_id text NOT NULL REFERENCES population.citizen (personal_id),
    kind text NOT NULL CHECK (kind IN ('CAN_CUOC', 'CCCD', 'CMND12')),
    issued_on date NOT NULL,
    issued_by text,
    expires_on date
);
CREATE INDEX identity_card_personal_id_idx ON population.identity_card (personal_id);

-- relative_personal_id is no foreign key: many relatives are known by name, or by an old nine-digit number, only.
CREATE TABLE population.relative (
    relative_no bigint PRIMARY KEY,
    personal_id text NOT NULL REFERENCES population.citizen (personal_id),
    relation text NOT NULL
        CHECK (relation IN ('FATHER', 'MOTHER', 'WIFE', 'HUSBAND', 'CHILD', 'REPRESENTATIVE', 'REPRESENTED')),
    relative_personal_id text CHECK (relative_personal_id ~ '^[0-9]{12}$'),
    family_name text NOT NULL,
    middle_name text,
    given_name text NOT NULL,
    full_name text NOT NULL GENERATED ALWAYS AS
        (population.full_name(family_name, middle_name, given_name)) STORED,
    legacy_id9 text CHECK (legacy_id9 ~ '^[0-9]{9}$'),
    nationality text
);
CREATE INDEX relative_personal_id_idx ON population.relative (personal_id);

-- Roles belong to the whole cluster, so another database of it may have made this one already.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lienthong_reader') THEN
        CREATE ROLE lienthong_reader LOGIN;
    END IF;
END
$$;
ALTER ROLE lienthong_reader SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA population TO lienthong_reader;
GRANT SELECT ON population.administrative_unit, population.ethnicity, population.religion, population.household,
    population.citizen, population.identity_card, population.relative TO lienthong_reader;
