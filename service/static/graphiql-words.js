/** What the page says, in Vietnamese and English, and nothing it does. */

/** The code of an answer that a contract of stored documents gives to any other document. */
export const NOT_ALLOWED = 'DOCUMENT_NOT_ALLOWED';

export const NEW_TAB = `# Viết truy vấn ở đây, hoặc chọn trong "Truy vấn mẫu".
# Ctrl+Enter: chạy.  Ctrl+Space: gợi ý.  Tài liệu bên trái chỉ có những gì hợp đồng cho phép.
#
# Write a query here, or choose one of the examples.
# Nothing typed on this page is kept once it is closed.

`;

export const WORDS = {
  noCredentials: ['Nhập thông tin xác thực để xem lược đồ của hợp đồng.', 'Enter the credentials to see the schema of your contract.'],
  noClients: ['Chưa đọc được danh sách hệ thống mẫu; vẫn có thể tự nhập thông tin xác thực.', 'The sample clients cannot be read; credentials can still be typed in.'],
  badHeader: ['Thông tin xác thực hoặc mục đích chứa ký tự không gửi được.', 'The credentials or the purpose hold characters that cannot be sent.'],
  unreachable: ['Không kết nối được với dịch vụ.', 'The service cannot be reached.'],
  tooSlow: ['Dịch vụ không trả lời trong 60 giây.', 'The service did not answer within 60 seconds.'],
  notGraphql: ['Câu trả lời không phải là GraphQL.', 'The answer is not GraphQL.'],
  noSchema: ['Không đọc được lược đồ.', 'The schema cannot be read.'],
  storedOnly: ['Hợp đồng này chỉ chạy các truy vấn đã lưu trong hợp đồng, nên không có lược đồ để xem. Hãy chạy nguyên văn một truy vấn đã lưu, ví dụ chọn ở “Truy vấn mẫu”.', 'This contract runs its stored documents only, so there is no schema to show. Run a stored document as it is, for instance one of the examples.'],
  changed: ['Đã đổi thông tin xác thực trong khi chạy; kết quả cũ bị bỏ.', 'The credentials changed during the run; its answer was dropped.'],
};

const STATUS_WORDS = {
  400: ['Dịch vụ không hiểu yêu cầu.', 'The service did not understand the request.'],
  401: ['Không xác thực được: thông tin xác thực thiếu, sai hoặc đã hết hạn.', 'Not authenticated: the credentials are missing, wrong or expired.'],
  403: ['Bị từ chối: hợp đồng không còn hiệu lực, hoặc mục đích không thuộc hợp đồng.', 'Refused: the contract is not in force, or the purpose is not part of it.'],
  404: ['Không thấy cổng GraphQL ở địa chỉ này.', 'There is no GraphQL endpoint at this address.'],
  413: ['Yêu cầu quá lớn.', 'The request is too large.'],
  429: ['Vượt hạn mức của hợp đồng.', 'The limits of the contract are exceeded.'],
  503: ['Dịch vụ tạm ngừng hoặc quá tải.', 'The service is unavailable or overloaded.'],
  504: ['Dịch vụ hết thời gian chờ nguồn dữ liệu.', 'The service timed out waiting for its sources.'],
};

/** The words for refusals that need others than those of their status, by error code. */
const CODE_WORDS = {
  [NOT_ALLOWED]: ['Bị từ chối: hợp đồng này chỉ chạy các truy vấn đã lưu, và truy vấn vừa gửi không phải nguyên văn của truy vấn nào.', 'Refused: this contract runs its stored documents only, and what was sent is none of them word for word.'],
};

/** @returns {[string, string]} the words for a refusal with an HTTP status of 400 or more and perhaps an error code */
export function refusalWords(status, code) {
  return CODE_WORDS[code] ?? STATUS_WORDS[status] ?? (status >= 500
    ? ['Dịch vụ gặp lỗi.', 'The service failed.']
    : ['Yêu cầu bị từ chối.', 'The request was refused.']);
}
