package identity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// algorithms are the ones that API Gateway accepts: those with RSA keys.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512}

// Authorizer is a JWT authorizer of an HTTP API:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html.
type Authorizer struct {
	issuer   *Issuer
	audience []string
}

// NewAuthorizer returns an authorizer that accepts an issuer's tokens for one of the given audiences.
func NewAuthorizer(issuer *Issuer, audience []string) *Authorizer {
	return &Authorizer{issuer: issuer, audience: audience}
}

// Authorize checks an Authorization header: "Bearer <token>", or the token alone. If scopes are given, the token must
// have one of them. It returns the claims as strings, or 401 for an invalid token, or 403 for a token without the
// scopes.
func (a *Authorizer) Authorize(header string, scopes []string) (map[string]string, int) {
	token := strings.TrimSpace(header)
	if scheme, rest, ok := strings.Cut(token, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(rest)
	}
	parsed, err := jwt.ParseSigned(token, algorithms)
	if err != nil || len(parsed.Headers) != 1 || parsed.Headers[0].KeyID != a.issuer.key.KeyID {
		return nil, http.StatusUnauthorized
	}
	var known claims
	var all map[string]any
	if err := parsed.Claims(a.issuer.key.Public(), &known, &all); err != nil || !a.valid(&known) {
		return nil, http.StatusUnauthorized
	}
	if len(scopes) > 0 &&
		!slices.ContainsFunc(known.scopes(), func(one string) bool { return slices.Contains(scopes, one) }) {
		return nil, http.StatusForbidden
	}
	return texts(all), http.StatusOK
}

// valid checks the claims, without leeway for clocks: AWS documents none. If aud is missing, client_id is checked
// instead.
func (a *Authorizer) valid(c *claims) bool {
	now := a.issuer.now()
	audience := []string(c.Audience)
	if len(audience) == 0 {
		audience = []string{c.ClientID}
	}
	return c.Issuer == a.issuer.address &&
		c.Expiry != nil && now.Before(c.Expiry.Time()) &&
		!early(c.NotBefore, now) && !early(c.IssuedAt, now) &&
		slices.ContainsFunc(audience, func(one string) bool { return slices.Contains(a.audience, one) })
}

func early(from *jwt.NumericDate, now time.Time) bool { return from != nil && now.Before(from.Time()) }

// scopes returns the scopes in the claim scope, or else in scp.
func (c *claims) scopes() []string {
	if c.Scope != "" {
		return strings.Fields(c.Scope)
	}
	return strings.Fields(strings.Trim(text(c.Scp), "[]"))
}

// texts returns the claims in the form that a function gets them.
func texts(all map[string]any) map[string]string {
	out := make(map[string]string, len(all))
	for name, value := range all {
		out[name] = text(value)
	}
	return out
}

// text returns a claim in API Gateway's format: a list as "[a b]", a number without an exponent.
func text(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case float64:
		return fmt.Sprintf("%.0f", value)
	case []any:
		parts := make([]string, len(value))
		for i := range value {
			parts[i] = text(value[i])
		}
		return "[" + strings.Join(parts, " ") + "]"
	case map[string]any:
		out, _ := json.Marshal(value) // decoded from JSON, so it cannot fail
		return string(out)
	}
	return fmt.Sprint(value)
}
