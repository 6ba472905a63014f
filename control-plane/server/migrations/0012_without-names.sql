-- Who was in a room is told by the id of his grant; the name stands there alone, encrypted (rooms/sealed-names.ts). What an earlier release kept
-- beside it goes. Names in the grants and in the hearings' plans need the application's key: it encrypts them at its start.
update "attendance" set "display_name" = null where "user_id" is null or "user_id" !~ '^(agent|device):';
--> statement-breakpoint
update "edge_events" set "body" = "body" - 'name' where "body" ? 'name';
--> statement-breakpoint
update "edge_events" set "body" = jsonb_set("body", '{rooms}', (
  select coalesce(jsonb_agg(jsonb_set(each_room.told, '{occupants}', (
    select coalesce(jsonb_agg(each_one.told - 'name'), '[]'::jsonb)
    from jsonb_array_elements(each_room.told -> 'occupants') as each_one(told)
  ))), '[]'::jsonb)
  from jsonb_array_elements("body" -> 'rooms') as each_room(told)
)) where jsonb_typeof("body" -> 'rooms') = 'array';
