-- Stage stand-in for Jitsi's filter_iq_jibri on the participants' host: whose token has features without this one neither starts nor stops a
-- recording, moderator or not. Jicofo itself looks at the role alone.

local st = require "util.stanza";

module:hook("pre-iq/full", function (event)
	local origin, stanza = event.origin, event.stanza;
	local jibri = stanza:get_child("jibri", "http://jitsi.org/protocol/jibri");
	local features = origin.jitsi_meet_context_features;
	if not jibri or features == nil or jibri.attr.action ~= "start" and jibri.attr.action ~= "stop" then return; end
	local feature = jibri.attr.recording_mode == "file" and "recording" or "livestreaming";
	local allowed = features[feature];
	if allowed == true or allowed == "true" then return; end
	module:log("info", "recording refused: the token lacks %s", feature);
	origin.send(st.error_reply(stanza, "auth", "forbidden"));
	return true;
end);
