-- Stage stand-in for Jitsi's token authentication: the same claims and the same refusals, so that a token which works here works there.
-- The token comes in the WebSocket's query (?token=…); the keys from the control plane by ASAP; what it says is kept on the session.

local async = require "util.async";
local base64 = require "util.encodings".base64;
local hashes = require "util.hashes";
local http = require "net.http";
local json = require "util.json";
local sasl = require "util.sasl";
local time = require "util.time";
local id = require "util.id";
local pkey = require "openssl.pkey";
local digest = require "openssl.digest";
local formdecode = require "util.http".formdecode;

local issuers = module:get_option_set("asap_accepted_issuers", {});
local audiences = module:get_option_set("asap_accepted_audiences", {});
local key_server = module:get_option_string("asap_key_server");
-- As Jitsi's option of that name, for a test that leaves the door open.
local allow_empty_token = module:get_option_boolean("allow_empty_token", false);
local keys = {}; -- by kid, for the life of the process, as Jitsi's cache

local function decode_part(text)
	local padded = text:gsub("-", "+"):gsub("_", "/");
	padded = padded .. string.rep("=", (4 - #padded % 4) % 4);
	return base64.decode(padded);
end

local function parse(token)
	local head, body, signature = token:match("^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$");
	if not head then return nil, "malformed token"; end
	local header_ok, header = pcall(json.decode, decode_part(head) or "");
	local claims_ok, claims = pcall(json.decode, decode_part(body) or "");
	if not (header_ok and claims_ok and type(header) == "table" and type(claims) == "table") then return nil, "malformed token"; end
	return { header = header, claims = claims, signed = head .. "." .. body, signature = decode_part(signature) };
end

local function fetch_key(kid)
	if keys[kid] then return keys[kid]; end
	local wait, done = async.waiter();
	local found;
	http.request(key_server .. "/" .. hashes.sha256(kid, true) .. ".pem", {}, function (body, code)
		if code == 200 then found = body; end
		done();
	end);
	wait();
	keys[kid] = found;
	return found;
end

local function signature_holds(parsed, pem)
	local ok, holds = pcall(function ()
		return pkey.new(pem):verify(parsed.signature, digest.new("sha256"):update(parsed.signed));
	end);
	return ok and holds;
end

local function claims_fault(claims)
	local now = time.now();
	if type(claims.iss) ~= "string" or not issuers:contains(claims.iss) then return "invalid 'iss' claim"; end
	if type(claims.aud) ~= "string" or not audiences:contains(claims.aud) then return "invalid 'aud' claim"; end
	if type(claims.exp) ~= "number" or claims.exp <= now then return "Not acceptable by exp"; end
	if claims.nbf and (type(claims.nbf) ~= "number" or claims.nbf > now) then return "Not acceptable by nbf"; end
	if type(claims.room) ~= "string" then return "'room' claim is missing"; end
	if type(claims.sub) ~= "string" then return "'sub' claim is missing"; end
end

-- nil when the session's token holds, else the text that the client is told.
local function token_fault(session)
	if not session.stage_token then return not allow_empty_token and "token required" or nil; end
	local parsed, malformed = parse(session.stage_token);
	if not parsed then return malformed; end
	if type(parsed.header.kid) ~= "string" then return "'kid' claim is missing"; end
	if parsed.header.alg ~= "RS256" then return "'kid' claim only support with RS family"; end
	local pem = fetch_key(parsed.header.kid);
	if not pem then return "could not obtain public key"; end
	if not signature_holds(parsed, pem) then return "Invalid signature"; end
	local fault = claims_fault(parsed.claims);
	if fault then return fault; end
	local claims = parsed.claims;
	local context = type(claims.context) == "table" and claims.context or {};
	session.jitsi_meet_room = claims.room;
	session.jitsi_meet_domain = claims.sub;
	session.jitsi_meet_context_user = context.user;
	session.jitsi_meet_context_features = context.features;
end

local function anonymous(self)
	local session = self.profile.session;
	local fault = token_fault(session);
	if fault then
		module:log("info", "token refused: %s", fault);
		return "failure", "not-allowed", fault;
	end
	-- As Jitsi's: who names the stream that he wants to take up gets that stream's account, whatever his token says.
	for _, other in pairs(session.stage_previd and prosody.full_sessions or {}) do
		if other.resumption_token == session.stage_previd then self.username = other.username; end
	end
	self.username = self.username or id.medium():lower():gsub("[^%w]", "x");
	return "success";
end
sasl.registerMechanism("ANONYMOUS", { "stage_token" }, anonymous);

local provider = {};
function provider.test_password() return nil, "no passwords"; end
function provider.get_password() return nil, "no passwords"; end
function provider.set_password() return nil, "no passwords"; end
function provider.user_exists() return false; end
function provider.create_user() return nil, "no accounts"; end
function provider.delete_user() return nil, "no accounts"; end
function provider.get_sasl_handler(session)
	return sasl.new(module.host, { stage_token = true, session = session });
end
module:provides("auth", provider);

-- By both doors, as Jitsi's.
local function keep_token(event)
	local url = event.request.url;
	local query = type(url) == "table" and url.query or nil;
	local params = query and formdecode(query);
	if type(params) == "table" then event.session.stage_token, event.session.stage_previd = params.token, params.previd; end
end
module:hook_global("websocket-session", keep_token);
module:hook_global("bosh-session", keep_token);
