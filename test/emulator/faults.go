package main

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// faults are changes of the template that the run must find.
var faults = map[string]func(template object) error{
	// Functions that write events can be deployed before those that read them.
	"missing-dependency": func(template object) error {
		for id, waits := range map[string][]any{
			"CommandFunction": {"ProjectorFunction", "QueryFunction"}, "ReactorFunction": {"ProjectorFunction", "QueryFunction"},
		} {
			resource, err := resourceOf(template, id)
			if err != nil {
				return err
			}
			undepend(resource, waits...)
		}
		return nil
	},
	// The reactor can't publish events.
	"missing-action": func(template object) error {
		role, err := resourceOf(template, "ReactorRole")
		if err != nil {
			return err
		}
		if removeAction(role, "events:PutEvents") == 0 {
			return errors.New("the role ReactorRole has no action events:PutEvents")
		}
		return nil
	},
	"missing-route": func(template object) error {
		if drop(template, "AWS::ApiGatewayV2::Route", func(p object) bool {
			return p["RouteKey"] == "GET /customers/{id}/orders"
		}) == 0 {
			return errors.New("the template has no route GET /customers/{id}/orders")
		}
		return nil
	},
}

func faultNames() string { return strings.Join(slices.Sorted(maps.Keys(faults)), ", ") }

func resourceOf(template object, id string) (object, error) {
	resources, _ := template["Resources"].(object)
	resource, is := resources[id].(object)
	if !is {
		return nil, errors.New("the template has no resource " + id)
	}
	return resource, nil
}

// removeAction removes an action from all statements, and returns from how many.
func removeAction(in any, action string) (count int) {
	switch x := in.(type) {
	case object:
		switch of := x["Action"].(type) {
		case string:
			if of == action {
				x["Action"], count = "sts:GetCallerIdentity", 1
			}
		case []any:
			if i := slices.Index(of, any(action)); i >= 0 {
				x["Action"], count = slices.Delete(of, i, i+1), 1
			}
		}
		for _, child := range x {
			count += removeAction(child, action)
		}
	case []any:
		for _, child := range x {
			count += removeAction(child, action)
		}
	}
	return count
}
