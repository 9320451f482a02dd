package template

import (
	"fmt"
	"strings"
)

// Authorization types of routes.
const (
	authorizedByJWT      = "JWT"
	authorizedByFunction = "CUSTOM"
)

type authorizer struct {
	AuthorizerType   string
	AuthorizerUri    string
	JwtConfiguration struct {
		Issuer   string
		Audience []string
	}
}

// addAuthorizers adds the JWT authorizers of HTTP APIs, at most one for each API. If a local issuer replaces the
// authorizer's issuer, it also replaces it in the functions' variables.
func (s *stack) addAuthorizers(system *System, apis map[string]int) error {
	for _, r := range s.of(typeAuthorizer) {
		name, err := s.apiOf(r)
		if err != nil {
			return err
		}
		place, ok := apis[name]
		if !ok {
			continue
		}
		var a authorizer
		if err := s.decode(r, &a); err != nil {
			return err
		}
		if a.AuthorizerType != "JWT" || system.APIs[place].Authorizer != nil {
			return fmt.Errorf("%s (%s): the local runner supports one authorizer for each HTTP API, of type JWT", r.id, r.Type)
		}
		system.APIs[place].Authorizer = &Authorizer{Issuer: a.JwtConfiguration.Issuer, Audience: a.JwtConfiguration.Audience}
		s.standIn(system, a.JwtConfiguration.Issuer)
	}
	return nil
}

// standIn replaces an issuer in the functions' variables by the local one, if there is one.
func (s *stack) standIn(system *System, issuer string) {
	if s.options.Issuer == "" {
		return
	}
	for _, f := range system.Functions {
		for key, value := range f.Env {
			if value == issuer {
				f.Env[key] = s.options.Issuer
			}
		}
	}
}

// socketAuthorizer returns the logical id of the function that decides who may connect to a WebSocket API, or "" if
// there is none.
func (s *stack) socketAuthorizer(api string, system *System) (string, error) {
	if !s.asks(api) {
		return "", nil
	}
	for _, r := range s.of(typeAuthorizer) {
		name, err := s.apiOf(r)
		if err != nil {
			return "", err
		}
		if name != api {
			continue
		}
		var a authorizer
		if err := s.decode(r, &a); err != nil {
			return "", err
		}
		for _, f := range system.Functions {
			if a.AuthorizerType == "REQUEST" && strings.Contains(a.AuthorizerUri, "/functions/"+f.ARN+"/") {
				return f.ID, nil
			}
		}
		return "", fmt.Errorf("%s asks %q, which is not a function in this template", r.id, a.AuthorizerUri)
	}
	return "", fmt.Errorf("the authorizer of $connect is not in this template")
}

// asks reports whether $connect of a WebSocket API is authorized by a function.
func (s *stack) asks(api string) bool {
	for _, r := range s.of(typeRoute) {
		of, err := s.apiOf(r)
		if err == nil && of == api && r.Properties["RouteKey"] == "$connect" {
			return r.Properties["AuthorizationType"] == authorizedByFunction
		}
	}
	return false
}
