-- Stage stand-in for Jitsi's token_verification on the MUC: a token lets into its own room on its own domain, and nowhere else.

local jid = require "util.jid";
local st = require "util.stanza";

local domain = module:get_option_string("stage_domain");
local trusted = module:get_option_set("stage_trusted_domains", {});

local allow_empty_token = module:get_option_boolean("allow_empty_token", false);

local function fault_of(session, room_jid)
	if allow_empty_token and not session.stage_token then return; end
	if session.jitsi_meet_domain ~= domain then return "sub"; end
	local room = session.jitsi_meet_room;
	if room ~= "*" and room ~= jid.node(room_jid) then return "room"; end
end

local function check(event)
	local origin, stanza = event.origin, event.stanza;
	if trusted:contains(jid.host(stanza.attr.from)) then return; end
	local fault = fault_of(origin, event.room.jid);
	if not fault then return; end
	module:log("info", "token does not fit the room: %s", fault);
	origin.send(st.error_reply(stanza, "cancel", "not-allowed", "Room and token mismatched"));
	return true;
end

module:hook("muc-room-pre-create", check, 99);
module:hook("muc-occupant-pre-join", check, 99);
