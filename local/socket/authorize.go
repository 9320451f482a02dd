package socket

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/annals-es/annals/local/lambda"
)

// Authorizer is the function that is asked who may connect.
type Authorizer struct {
	Function Invoker
	// Timeout is how long the answer is waited for.
	Timeout time.Duration
}

// question is what an authorizer receives.
type question struct {
	Type      string `json:"type"`
	MethodArn string `json:"methodArn"`
	event
}

// verdict is what an authorizer answers: a policy on the connection, and what messages of it will tell.
type verdict struct {
	PrincipalID    string         `json:"principalId"`
	Context        map[string]any `json:"context"`
	PolicyDocument struct {
		Statement []struct{ Effect string }
	} `json:"policyDocument"`
}

// authorize asks the authorizer, if there is one, and keeps what it says for all events of the connection. It returns the status that
// refuses, or 200. What the policy says of resources is not looked at.
func (a *API) authorize(r *http.Request, c *connection) int {
	if a.cfg.Authorizer == nil {
		return http.StatusOK
	}
	arn := strings.Join([]string{"arn:aws:execute-api", a.cfg.Region, a.cfg.Account, a.cfg.ID + "/" + a.cfg.Stage + "/$connect"}, ":")
	e := c.connectEvent(r)
	e.RequestContext.RequestID = uuid.NewString()
	payload, err := json.Marshal(question{"REQUEST", arn, e})
	if err != nil {
		return http.StatusInternalServerError
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.cfg.Authorizer.Timeout)
	defer cancel()
	var v verdict
	text, err := a.cfg.Authorizer.Function.Invoke(ctx, payload)
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	var failed *lambda.FunctionError
	switch {
	case errors.As(err, &failed) && failed.Message == "Unauthorized":
		return http.StatusUnauthorized
	case err != nil:
		a.log.WarnContext(ctx, "the authorizer failed", "error", err)
		return http.StatusInternalServerError
	case !v.allows():
		return http.StatusForbidden
	}
	c.authorized = map[string]any{"principalId": v.PrincipalID}
	for key, value := range v.Context {
		c.authorized[key] = value
	}
	return http.StatusOK
}

// allows tells whether a policy allows, and nothing in it denies.
func (v verdict) allows() bool {
	for _, s := range v.PolicyDocument.Statement {
		if s.Effect != "Allow" {
			return false
		}
	}
	return len(v.PolicyDocument.Statement) > 0
}
