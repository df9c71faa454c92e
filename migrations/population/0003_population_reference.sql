-- Code lists that production needs as much as a demonstration does.

-- Provinces since 1 July 2025 (34). A code is the three-digit registration code without its leading 0; a code that
-- lives on carries its name of today (24 was Bắc Giang and is Bắc Ninh).
INSERT INTO population.administrative_unit (code, level, name, parent_code, dissolved_on, successor_code) VALUES
    ('01', 1, 'Hà Nội', NULL, NULL, NULL),
    ('04', 1, 'Cao Bằng', NULL, NULL, NULL),
    ('08', 1, 'Tuyên Quang', NULL, NULL, NULL),
    ('11', 1, 'Điện Biên', NULL, NULL, NULL),
    ('12', 1, 'Lai Châu', NULL, NULL, NULL),
    ('14', 1, 'Sơn La', NULL, NULL, NULL),
    ('15', 1, 'Lào Cai', NULL, NULL, NULL),
    ('19', 1, 'Thái Nguyên', NULL, NULL, NULL),
    ('20', 1, 'Lạng Sơn', NULL, NULL, NULL),
    ('22', 1, 'Quảng Ninh', NULL, NULL, NULL),
    ('24', 1, 'Bắc Ninh', NULL, NULL, NULL),
    ('25', 1, 'Phú Thọ', NULL, NULL, NULL),
    ('31', 1, 'Hải Phòng', NULL, NULL, NULL),
    ('33', 1, 'Hưng Yên', NULL, NULL, NULL),
    ('37', 1, 'Ninh Bình', NULL, NULL, NULL),
    ('38', 1, 'Thanh Hóa', NULL, NULL, NULL),
    ('40', 1, 'Nghệ An', NULL, NULL, NULL),
    ('42', 1, 'Hà Tĩnh', NULL, NULL, NULL),
    ('44', 1, 'Quảng Trị', NULL, NULL, NULL),
    ('46', 1, 'Huế', NULL, NULL, NULL),
    ('48', 1, 'Đà Nẵng', NULL, NULL, NULL),
    ('51', 1, 'Quảng Ngãi', NULL, NULL, NULL),
    ('52', 1, 'Gia Lai', NULL, NULL, NULL),
    ('56', 1, 'Khánh Hòa', NULL, NULL, NULL),
    ('66', 1, 'Đắk Lắk', NULL, NULL, NULL),
    ('68', 1, 'Lâm Đồng', NULL, NULL, NULL),
    ('75', 1, 'Đồng Nai', NULL, NULL, NULL),
    ('79', 1, 'Hồ Chí Minh', NULL, NULL, NULL),
    ('80', 1, 'Tây Ninh', NULL, NULL, NULL),
    ('82', 1, 'Đồng Tháp', NULL, NULL, NULL),
    ('86', 1, 'Vĩnh Long', NULL, NULL, NULL),
    ('91', 1, 'An Giang', NULL, NULL, NULL),
    ('92', 1, 'Cần Thơ', NULL, NULL, NULL),
    ('96', 1, 'Cà Mau', NULL, NULL, NULL);

-- Provinces dissolved on 1 July 2025 (29): addresses recorded before that day keep their codes.
INSERT INTO population.administrative_unit (code, level, name, parent_code, dissolved_on, successor_code) VALUES
    ('02', 1, 'Hà Giang', NULL, DATE '2025-07-01', '08'),
    ('06', 1, 'Bắc Kạn', NULL, DATE '2025-07-01', '19'),
    ('10', 1, 'Lào Cai', NULL, DATE '2025-07-01', '15'),
    ('17', 1, 'Hòa Bình', NULL, DATE '2025-07-01', '25'),
    ('26', 1, 'Vĩnh Phúc', NULL, DATE '2025-07-01', '25'),
    ('27', 1, 'Bắc Ninh', NULL, DATE '2025-07-01', '24'),
    ('30', 1, 'Hải Dương', NULL, DATE '2025-07-01', '31'),
    ('34', 1, 'Thái Bình', NULL, DATE '2025-07-01', '33'),
    ('35', 1, 'Hà Nam', NULL, DATE '2025-07-01', '37'),
    ('36', 1, 'Nam Định', NULL, DATE '2025-07-01', '37'),
    ('45', 1, 'Quảng Trị', NULL, DATE '2025-07-01', '44'),
    ('49', 1, 'Quảng Nam', NULL, DATE '2025-07-01', '48'),
    ('54', 1, 'Phú Yên', NULL, DATE '2025-07-01', '66'),
    ('58', 1, 'Ninh Thuận', NULL, DATE '2025-07-01', '56'),
    ('60', 1, 'Bình Thuận', NULL, DATE '2025-07-01', '68'),
    ('62', 1, 'Kon Tum', NULL, DATE '2025-07-01', '51'),
    ('64', 1, 'Gia Lai', NULL, DATE '2025-07-01', '52'),
    ('67', 1, 'Đắk Nông', NULL, DATE '2025-07-01', '68'),
    ('70', 1, 'Bình Phước', NULL, DATE '2025-07-01', '75'),
    ('72', 1, 'Tây Ninh', NULL, DATE '2025-07-01', '80'),
    ('74', 1, 'Bình Dương', NULL, DATE '2025-07-01', '79'),
    ('77', 1, 'Bà Rịa - Vũng Tàu', NULL, DATE '2025-07-01', '79'),
    ('83', 1, 'Bến Tre', NULL, DATE '2025-07-01', '86'),
    ('84', 1, 'Trà Vinh', NULL, DATE '2025-07-01', '86'),
    ('87', 1, 'Đồng Tháp', NULL, DATE '2025-07-01', '82'),
    ('89', 1, 'An Giang', NULL, DATE '2025-07-01', '91'),
    ('93', 1, 'Hậu Giang', NULL, DATE '2025-07-01', '92'),
    ('94', 1, 'Sóc Trăng', NULL, DATE '2025-07-01', '92'),
    ('95', 1, 'Bạc Liêu', NULL, DATE '2025-07-01', '96');

-- The 54 ethnicities in the order and with the codes of the national list (Decision 421-TCTK/PPCĐ of 1979).
INSERT INTO population.ethnicity (code, name) VALUES
    ('01', 'Kinh'), ('02', 'Tày'), ('03', 'Thái'), ('04', 'Hoa'), ('05', 'Khơ-me'), ('06', 'Mường'),
    ('07', 'Nùng'), ('08', 'HMông'), ('09', 'Dao'), ('10', 'Gia-rai'), ('11', 'Ngái'), ('12', 'Ê-đê'),
    ('13', 'Ba-na'), ('14', 'Xơ-đăng'), ('15', 'Sán Chay'), ('16', 'Cơ-ho'), ('17', 'Chăm'),
    ('18', 'Sán Dìu'), ('19', 'Hrê'), ('20', 'Mnông'), ('21', 'Ra-glai'), ('22', 'Xtiêng'),
    ('23', 'Bru-Vân Kiều'), ('24', 'Thổ'), ('25', 'Giáy'), ('26', 'Cơ-tu'), ('27', 'Gié-Triêng'),
    ('28', 'Mạ'), ('29', 'Khơ-mú'), ('30', 'Co'), ('31', 'Ta-ôi'), ('32', 'Chơ-ro'), ('33', 'Kháng'),
    ('34', 'Xinh-mun'), ('35', 'Hà Nhì'), ('36', 'Chu-ru'), ('37', 'Lào'), ('38', 'La Chí'),
    ('39', 'La Ha'), ('40', 'Phù Lá'), ('41', 'La Hủ'), ('42', 'Lự'), ('43', 'Lô Lô'), ('44', 'Chứt'),
    ('45', 'Mảng'), ('46', 'Pà Thẻn'), ('47', 'Cơ Lao'), ('48', 'Cống'), ('49', 'Bố Y'), ('50', 'Si La'),
    ('51', 'Pu Péo'), ('52', 'Brâu'), ('53', 'Ơ-đu'), ('54', 'Rơ-măm');

-- Religions: 01-12 as the population census numbers them; 00, 13 and 99 are this service's own.
INSERT INTO population.religion (code, name) VALUES
    ('00', 'Không'), ('01', 'Phật giáo'), ('02', 'Công giáo'), ('03', 'Phật giáo Hòa Hảo'),
    ('04', 'Hồi giáo'), ('05', 'Cao Đài'), ('06', 'Minh Sư đạo'), ('07', 'Minh Lý đạo'), ('08', 'Tin Lành'),
    ('09', 'Tịnh độ cư sĩ Phật hội Việt Nam'), ('10', 'Tứ Ân Hiếu Nghĩa'), ('11', 'Bửu Sơn Kỳ Hương'),
    ('12', 'Ba Ha''i'), ('13', 'Bà La Môn'), ('99', 'Tôn giáo khác');
