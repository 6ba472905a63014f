-- What the database itself refuses, written by hand. Copied into the migrations when they are generated.
-- The audit trail only grows (design rule 4.7): a slip of our own code, or of somebody with the application's rights, cannot rewrite it.
-- Whoever owns the table can switch the trigger off; the hash chain is there for that case.
create or replace function audit_trail_only_grows() returns trigger language plpgsql as $$
begin
  raise exception 'audit_trail only grows: % is refused', tg_op using errcode = 'restrict_violation';
end
$$;
--> statement-breakpoint
create trigger audit_trail_keeps_rows before update or delete on audit_trail
  for each row execute function audit_trail_only_grows();
--> statement-breakpoint
create trigger audit_trail_keeps_all before truncate on audit_trail
  for each statement execute function audit_trail_only_grows();
