/** What people write into profiles, and what breaks readers of tables: each must arrive as it was written. */
export const HOSTILE_TEXTS = [
  'a tab\tand two\t\ttabs',
  'lines\nand\r\nother\rlines\n',
  `"double" 'single' \`back\` “curly”`,
  String.raw`C:\new\table\r\0 and \N and \\ and \x41 and a last one \ `.trim(),
  String.raw`\N`,
  String.raw`\n`,
  '=HYPERLINK("http://example.com";"click")',
  '+1-2@SUM(A1)',
  '👩🏽‍🎓 🇪🇸 e\u0301 ñ 漢字 עברית \u202e right to left \u200b zero width',
  '  blanks around  ',
  'a;semicolon,comma|pipe {"json": ["a", null]} <b>html</b> --sql; DROP TABLE users; %s ${x} {name: String}',
  `${'x'.repeat(19_990)}\t\n\\ end 🙂`,
  'NULL and null',
] as const;
