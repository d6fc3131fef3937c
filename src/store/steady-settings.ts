import type { Given } from './engine.ts';

/** Limits of the engine that are none by themselves, and past which a statement fails, or leaves rows out. */
const LIMITS = [
  'max_rows_to_read',
  'max_bytes_to_read',
  'max_result_rows',
  'max_result_bytes',
  'max_rows_to_group_by',
  'max_rows_to_sort',
  'max_bytes_to_sort',
  'max_rows_in_set',
  'max_bytes_in_set',
  'max_rows_in_join',
  'max_bytes_in_join',
  'max_rows_in_distinct',
  'max_bytes_in_distinct',
  'max_columns_to_read',
  'max_temporary_columns',
  'max_temporary_non_const_columns',
] as const;

/**
 * What statements are written for, as the engine has it by itself. The profile of a user on a ClickHouse that others use may have it otherwise, by which
 * numbers would be wrong without a word (an answer that is cut off is one for `break`), or statements not be understood.
 */
export const STEADY: Given['settings'] = {
  compatibility: '',
  enable_analyzer: 1,
  // who reaches a limit is told
  timeout_overflow_mode: 'throw',
  ...Object.fromEntries(LIMITS.map((name) => [name, 0])),
  max_partitions_to_read: -1,
  max_ast_elements: 50_000,
  max_expanded_ast_elements: 500_000,
  max_subquery_depth: 100,
  max_parser_depth: 1000,
  force_index_by_date: 0,
  force_primary_key: 0,
  use_query_cache: 0,
  aggregate_functions_null_for_empty: 0,
  // another parser takes other lines, and gives other hashes to the same events
  allow_simdjson: 1,
  asterisk_include_virtual_columns: 0,
  data_type_default_nullable: 0,
  empty_result_for_aggregation_by_empty_set: 0,
  enable_global_with_statement: 1,
  enable_order_by_all: 1,
  format_csv_allow_double_quotes: 1,
  format_csv_allow_single_quotes: 0,
  format_csv_null_representation: String.raw`\N`,
  format_tsv_null_representation: String.raw`\N`,
  input_format_allow_errors_num: 0,
  input_format_allow_errors_ratio: 0,
  input_format_csv_allow_variable_number_of_columns: 0,
  input_format_force_null_for_omitted_fields: 0,
  input_format_null_as_default: 1,
  input_format_tsv_allow_variable_number_of_columns: 0,
  input_format_tsv_enum_as_number: 0,
  insert_null_as_default: 1,
  join_default_strictness: 'ALL',
  output_format_json_array_of_rows: 0,
  prefer_column_name_to_alias: 0,
  rewrite_in_to_join: 0,
  single_join_prefer_left_table: 1,
};
