begin isolation level repeatable read read only; set local statement_timeout = 30000;
select set_config('role', 'palimpsest_app', true),
  set_config('palimpsest.workspace_id', '<workspace>', true),
  set_config('default_text_search_config', 'english', true),
  set_config('jit', 'off', true),
  set_config('max_parallel_workers_per_gather', '0', true),
  refuse_unless_in_use('<workspace>'),
  date_trunc('milliseconds', now()) as now;
