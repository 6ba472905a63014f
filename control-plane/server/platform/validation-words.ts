/** What the schema check says of one value, as ajv reports it. */
export interface SchemaFault {
  keyword: string
  message?: string
  params?: Record<string, unknown>
}

const formats: Record<string, string> = {
  date: 'Ngày phải có dạng năm-tháng-ngày.',
  'date-time': 'Thời gian chưa đúng định dạng.',
  uuid: 'Mã chưa đúng định dạng.',
  email: 'Địa chỉ thư điện tử chưa đúng.',
}

/** The fault in Vietnamese, for the person who filled in the field. */
export function faultInWords({ keyword, params = {} }: SchemaFault): string {
  const limit = String(params.limit)
  switch (keyword) {
    case 'required':
      return 'Thiếu mục này. Vui lòng bổ sung.'
    case 'additionalProperties':
      return 'Mục này không được chấp nhận.'
    case 'minLength':
      return limit === '1' ? 'Không được để trống.' : `Phải có ít nhất ${limit} ký tự.`
    case 'maxLength':
      return `Không được quá ${limit} ký tự.`
    case 'minItems':
      return `Phải có ít nhất ${limit} mục.`
    case 'maxItems':
      return `Không được quá ${limit} mục.`
    case 'maxProperties':
      return `Không được quá ${limit} mục con.`
    case 'mostValues':
    case 'deepest':
      return 'Dữ liệu gửi lên quá lớn hoặc quá phức tạp. Vui lòng chia nhỏ.'
    case 'uniqueItems':
      return 'Các mục không được trùng nhau.'
    case 'minimum':
    case 'exclusiveMinimum':
      return `Giá trị nhỏ nhất là ${limit}.`
    case 'maximum':
    case 'exclusiveMaximum':
      return `Giá trị lớn nhất là ${limit}.`
    case 'enum':
    case 'const':
    case 'anyOf':
      return 'Giá trị này không có trong các lựa chọn.'
    case 'format':
      return formats[String(params.format)] ?? 'Chưa đúng định dạng.'
    case 'pattern':
      return 'Để trống hoặc chưa đúng định dạng.'
    case 'type':
      return 'Kiểu dữ liệu chưa đúng.'
    default:
      return 'Giá trị không hợp lệ.'
  }
}
