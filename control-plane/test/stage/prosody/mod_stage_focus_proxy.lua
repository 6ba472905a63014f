-- Stage stand-in for Jitsi's client_proxy: hands requests for the focus component to the user that is focus, and its answers back.
-- Like the real one it knows focus by its presence alone, and that comes only when the component stands in focus' roster.

local st = require "util.stanza";
local jid = require "util.jid";

local target = module:get_option_string("target_address");
local present = {}; -- resource → true
local waiting = {};
local count = 0;

local function hand_on(event)
	local stanza = event.stanza;
	local resource = next(present);
	if not resource then
		module:send(st.error_reply(stanza, "cancel", "service-unavailable"));
		return true;
	end
	count = count + 1;
	local key = "p" .. count;
	waiting[key] = { from = stanza.attr.from, id = stanza.attr.id };
	local copy = st.clone(stanza);
	copy.attr.to, copy.attr.from, copy.attr.id = target .. "/" .. resource, module.host .. "/" .. key, key;
	module:send(copy);
	return true;
end

local function hand_back(event)
	local key = jid.resource(event.stanza.attr.to);
	local asked = key and waiting[key];
	if not asked then return; end
	waiting[key] = nil;
	local copy = st.clone(event.stanza);
	copy.attr.to, copy.attr.from, copy.attr.id = asked.from, module.host, asked.id;
	module:send(copy);
	return true;
end

-- An address without a node counts as a host, with or without a resource.
module:hook("iq/host", function (event)
	local kind = event.stanza.attr.type;
	if kind == "get" or kind == "set" then return hand_on(event); end
	return hand_back(event);
end, 100);

module:hook("presence/host", function (event)
	local kind, from = event.stanza.attr.type, event.stanza.attr.from;
	if jid.bare(from) ~= target then return; end
	if kind == "error" then present = {}; end
	if kind == "unavailable" then present[jid.resource(from) or ""] = nil; end
	if kind == nil then present[jid.resource(from)] = true; end
	return true;
end, 100);

-- Focus that was there before is told of by this; without the roster entry nobody answers.
module:send(st.presence({ type = "subscribe", to = target, from = module.host }));
