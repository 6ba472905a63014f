import type { CalendarDay, Certainty } from '../../contract/calendar.ts'

const labourCode = 'Bộ luật Lao động 2019, Điều 112.1'
const compensation = 'Bộ luật Lao động 2019, Điều 111.3'
const tet2025 = 'Thông báo 6150/TB-BLĐTBXH'
const swap2026 = 'Công văn 12729/VPCP-KGVX ngày 25/12/2025'
const tet2026 = 'Thông báo 9441/TB-BNV'
const cultureDay = 'Nghị quyết của Quốc hội về Ngày Văn hóa Việt Nam, hiệu lực 01/07/2026'

const off = (reason: string, legalSource: string, certainty: Certainty, ...dates: string[]): CalendarDay[] =>
  dates.map((date) => ({ date, kind: 'off', reason, legalSource, certainty }))
const makeup = (reason: string, legalSource: string, certainty: Certainty, date: string): CalendarDay[] => [
  { date, kind: 'makeup-work', reason, legalSource, certainty },
]

/** The tables of 2025–2027 known on 24/11/2026, weekends omitted; from then on an administrator keeps them. */
export const officialDays: readonly CalendarDay[] = [
  ...off('Tết Dương lịch', labourCode, 'sure', '2025-01-01'),
  ...off('Tết Ất Tỵ', tet2025, 'sure', '2025-01-27', '2025-01-28', '2025-01-29', '2025-01-30', '2025-01-31'),
  ...off('Giỗ Tổ Hùng Vương', labourCode, 'sure', '2025-04-07'),
  ...off('Ngày Chiến thắng 30/4', labourCode, 'sure', '2025-04-30'),
  ...off('Ngày Quốc tế lao động 01/5', labourCode, 'sure', '2025-05-01'),
  ...off('Hoán đổi với thứ Bảy 26/04/2025', tet2025, 'sure', '2025-05-02'),
  ...makeup('Làm bù cho thứ Sáu 02/05/2025', tet2025, 'sure', '2025-04-26'),
  ...off('Quốc khánh', labourCode, 'sure', '2025-09-01', '2025-09-02'),

  ...off('Tết Dương lịch', labourCode, 'sure', '2026-01-01'),
  ...off('Hoán đổi với thứ Bảy 10/01/2026', swap2026, 'sure', '2026-01-02'),
  ...makeup('Làm bù cho thứ Sáu 02/01/2026', swap2026, 'sure', '2026-01-10'),
  ...off('Tết Bính Ngọ', tet2026, 'sure', '2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19', '2026-02-20'),
  ...off('Nghỉ bù Giỗ Tổ Hùng Vương (Chủ nhật 26/04/2026)', compensation, 'sure', '2026-04-27'),
  ...off('Ngày Chiến thắng 30/4', labourCode, 'sure', '2026-04-30'),
  ...off('Ngày Quốc tế lao động 01/5', labourCode, 'sure', '2026-05-01'),
  ...off('Hoán đổi với thứ Bảy 22/08/2026', tet2026, 'sure', '2026-08-31'),
  ...makeup('Làm bù cho thứ Hai 31/08/2026', tet2026, 'likely', '2026-08-22'),
  ...off('Quốc khánh', labourCode, 'sure', '2026-09-01', '2026-09-02'),
  ...off('Ngày Văn hóa Việt Nam', cultureDay, 'sure', '2026-11-24'),

  ...off('Tết Dương lịch', labourCode, 'sure', '2027-01-01'),
  ...off('Tết Đinh Mùi', '', 'likely', '2027-02-04', '2027-02-05', '2027-02-08'),
  ...off('Nghỉ bù Tết Đinh Mùi', compensation, 'likely', '2027-02-09', '2027-02-10'),
  ...off('Giỗ Tổ Hùng Vương', labourCode, 'sure', '2027-04-16'),
  ...off('Ngày Chiến thắng 30/4', labourCode, 'sure', '2027-04-30'),
  ...off('Nghỉ bù Ngày Quốc tế lao động (thứ Bảy 01/05/2027)', compensation, 'sure', '2027-05-03'),
  ...off('Quốc khánh', labourCode, 'sure', '2027-09-02'),
  ...off('Quốc khánh (ngày liền kề, dự kiến)', '', 'check', '2027-09-03'),
  ...off('Ngày Văn hóa Việt Nam', cultureDay, 'sure', '2027-11-24'),
]

/** Years whose dates are certain; 2027 awaits its notices and an administrator's approval. */
export const officialYears: readonly number[] = [2025, 2026]
