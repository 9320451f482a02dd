package template

import (
	"fmt"
	"strings"
	"time"
)

// API is an HTTP API of API Gateway.
type API struct {
	ID     string // logical id
	Name   string // its id on AWS
	Routes []Route
	// Authorizer checks tokens. If nil, no tokens are needed.
	Authorizer *Authorizer
	// Rate is how many requests a second its stage accepts, Burst how many at once beyond that. 0 means no limit.
	Rate  float64
	Burst int
	// CORS says which pages of other origins may call it. If nil, the API adds no CORS headers.
	CORS *CORS
}

// Authorizer is a JWT authorizer.
type Authorizer struct {
	Issuer   string
	Audience []string
}

// Route leads requests to a function.
type Route struct {
	// Key is "METHOD /path/{parameter}", or "$default".
	Key        string
	FunctionID string
	// Authorized is true if a token is needed. If there are Scopes, the token must have one of them.
	Authorized bool
	Scopes     []string
	// Timeout is how long the API waits for the function.
	Timeout time.Duration
}

type integration struct {
	IntegrationType      string
	IntegrationUri       string
	PayloadFormatVersion string
	TimeoutInMillis      *int
}

func (s *stack) addAPIs(system *System) error {
	apis := map[string]int{} // name to index
	for _, r := range s.of(typeAPI) {
		var p struct {
			ProtocolType, RouteSelectionExpression string
			CorsConfiguration                      *CORS
		}
		if err := s.decode(r, &p); err != nil {
			return err
		}
		if p.ProtocolType == webSocket {
			continue
		}
		if p.ProtocolType != "HTTP" {
			s.notRun = append(s.notRun, r.Type+" "+p.ProtocolType)
			continue
		}
		name, err := s.physicalName(r, 0)
		if err != nil {
			return err
		}
		apis[name] = len(system.APIs)
		system.APIs = append(system.APIs, API{ID: r.id, Name: name, CORS: p.CorsConfiguration})
	}
	if err := s.addStages(system, apis); err != nil {
		return err
	}
	if err := s.addAuthorizers(system, apis); err != nil {
		return err
	}
	for _, r := range s.of(typeRoute) {
		name, err := s.apiOf(r)
		if err != nil {
			return err
		}
		place, ok := apis[name]
		if !ok { // it belongs to an API that is not supported
			continue
		}
		route, err := s.route(r, system)
		if err != nil {
			return err
		}
		system.APIs[place].Routes = append(system.APIs[place].Routes, route)
	}
	return nil
}

// apiOf returns the name of the API that a route or stage belongs to.
func (s *stack) apiOf(r *resource) (string, error) {
	value, err := s.evaluate(r.Properties["ApiId"], 0)
	if err != nil {
		return "", fmt.Errorf("%s (%s): ApiId: %w", r.id, r.Type, err)
	}
	name, _ := value.(string)
	return name, nil
}

// addStages reads the limits of stages. Only $default is accepted, the stage whose routes have no prefix.
func (s *stack) addStages(system *System, apis map[string]int) error {
	for _, r := range s.of(typeStage) {
		name, err := s.apiOf(r)
		if err != nil {
			return err
		}
		place, ok := apis[name]
		if !ok {
			continue
		}
		var p struct {
			StageName            string
			DefaultRouteSettings struct {
				ThrottlingRateLimit  float64
				ThrottlingBurstLimit int
			}
		}
		if err := s.decode(r, &p); err != nil {
			return err
		}
		if p.StageName != "$default" {
			return fmt.Errorf("%s (%s): stage %q is not supported locally: use $default", r.id, r.Type, p.StageName)
		}
		system.APIs[place].Rate, system.APIs[place].Burst = p.DefaultRouteSettings.ThrottlingRateLimit,
			p.DefaultRouteSettings.ThrottlingBurstLimit
	}
	return nil
}

func (s *stack) route(r *resource, system *System) (Route, error) {
	fail := func(format string, args ...any) (Route, error) {
		return Route{}, fmt.Errorf("%s (%s): %s", r.id, r.Type, fmt.Sprintf(format, args...))
	}
	var p struct {
		RouteKey, Target, AuthorizationType string
		AuthorizationScopes                 []string
	}
	if err := s.decode(r, &p); err != nil {
		return Route{}, err
	}
	if p.AuthorizationType != "" && p.AuthorizationType != "NONE" && p.AuthorizationType != authorizedByJWT {
		s.notRun = append(s.notRun, r.Type+" authorization "+p.AuthorizationType)
	}
	method, path, spaced := strings.Cut(p.RouteKey, " ")
	if p.RouteKey != "$default" && (!spaced || method == "" || !strings.HasPrefix(path, "/")) {
		return fail("RouteKey %q is neither \"METHOD /path\" nor \"$default\"", p.RouteKey)
	}
	target, err := s.integrationOf(strings.TrimPrefix(p.Target, "integrations/"))
	if err != nil {
		return fail("%v", err)
	}
	if target.IntegrationType != "AWS_PROXY" || target.PayloadFormatVersion != "2.0" {
		return fail("integration %s with payload format %q is not supported locally: use AWS_PROXY with 2.0",
			target.IntegrationType, target.PayloadFormatVersion)
	}
	function, ok := target.function(system)
	if !ok {
		return fail("leads to %q, which is not a function in this template", target.IntegrationUri)
	}
	return Route{
		Key: p.RouteKey, FunctionID: function, Timeout: target.timeout(30 * time.Second),
		Authorized: p.AuthorizationType == authorizedByJWT, Scopes: p.AuthorizationScopes,
	}, nil
}

// function returns the logical id of the function that an integration calls.
func (i integration) function(system *System) (string, bool) {
	for _, f := range system.Functions {
		if i.IntegrationUri == f.ARN || strings.Contains(i.IntegrationUri, "/functions/"+f.ARN+"/") {
			return f.ID, true
		}
	}
	return "", false
}

func (i integration) timeout(otherwise time.Duration) time.Duration {
	if i.TimeoutInMillis == nil {
		return otherwise
	}
	return time.Duration(*i.TimeoutInMillis) * time.Millisecond
}

func (s *stack) integrationOf(name string) (integration, error) {
	for _, r := range s.of(typeIntegration) {
		if found, err := s.physicalName(r, 0); err == nil && found == name {
			var i integration
			err := s.decode(r, &i)
			return i, err
		}
	}
	return integration{}, fmt.Errorf("its target %q is not an integration in this template", name)
}
