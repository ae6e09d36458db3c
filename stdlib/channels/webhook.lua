-- A webhook of your own: one JSON document by POST. With a `secret` it is signed: X-Runbook-Signature is
-- "sha256=" and the HMAC-SHA256 (RFC 2104) of "TIMESTAMP.BODY", TIMESTAMP as in X-Runbook-Timestamp (seconds since
-- 1970). A receiver refuses a time stamp that is minutes old, and takes a second message with the same Idempotency-Key
-- (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/) for the same message.
local outcome = require "notify.outcome"

local webhook = {
    help = "JSON by POST to an address of your own, signed",
    options = {
        url = { type = "url", required = true, help = "where to" },
        secret = { type = "secret", help = "key of the signature" },
        headers = { type = "map", private = true, help = "headers to add; a value may be env:NAME or file:PATH" },
    },
}

function webhook.render(message, o)
    local headers = { ["Content-Type"] = "application/json; charset=utf-8", ["Idempotency-Key"] = message.key }
    for name, value in pairs(o.headers or {}) do
        headers[name] = value
    end
    return { url = o.url, headers = headers, body = message:document() }
end

function webhook.send(message, o, via)
    local request = webhook.render(message, o)
    if o.secret then
        local now = ("%d"):format(os.time())
        local signature, why = via.hmac(o.secret, now .. "." .. request.body)
        if not signature then
            return outcome.retry((why:match "^[^\n]*"))
        end
        request.headers["X-Runbook-Timestamp"] = now
        request.headers["X-Runbook-Signature"] = "sha256=" .. signature
    end
    return outcome.of(via.http(request))
end

return webhook
