begin isolation level repeatable read read only; set local statement_timeout = 30000; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 60000;
select set_config('role', 'palimpsest_app', true),
  set_config('palimpsest.workspace_id', '<workspace>', true),
  set_config('default_text_search_config', 'english', true),
  set_config('jit', 'off', true),
  set_config('max_parallel_workers_per_gather', '0', true),
  case
    when current_setting('transaction_timeout', true) <> '0' then set_config('transaction_timeout', '0', true)
    end,
  refuse_unless_in_use('<workspace>'),
  date_trunc('milliseconds', now()) as clock,
  present_of('<workspace>', now()) as now;
