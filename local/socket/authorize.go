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

// Authorizer is the function that decides who may connect.
type Authorizer struct {
	Function Invoker
	// Timeout is how long the API waits for the answer.
	Timeout time.Duration
}

// question is the event that an authorizer receives.
type question struct {
	Type      string `json:"type"`
	MethodArn string `json:"methodArn"`
	event
}

// verdict is an authorizer's answer: a policy for the connection, and the context for its later events.
type verdict struct {
	PrincipalID    string         `json:"principalId"`
	Context        map[string]any `json:"context"`
	PolicyDocument struct {
		Statement []struct{ Effect string }
	} `json:"policyDocument"`
}

// authorize asks the authorizer, if there is one, and keeps its context for all events of the connection. It returns
// 200 or the status of the refusal. The resources of the policy are ignored.
func (a *API) authorize(r *http.Request, c *connection) int {
	if a.cfg.Authorizer == nil {
		return http.StatusOK
	}
	arn := strings.Join([]string{
		"arn:aws:execute-api", a.cfg.Region, a.cfg.Account, a.cfg.ID + "/" + a.cfg.Stage + "/$connect",
	}, ":")
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
		a.log.WarnContext(ctx, "the WebSocket authorizer failed", "error", err)
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

// allows reports whether a statement of the policy allows and none denies.
func (v verdict) allows() bool {
	for _, s := range v.PolicyDocument.Statement {
		if s.Effect != "Allow" {
			return false
		}
	}
	return len(v.PolicyDocument.Statement) > 0
}
