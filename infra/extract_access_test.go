package main

import (
	"fmt"
	"slices"
	"strings"
)

// routeLines returns "method path: scope or authorizer, function, logical id" for each route of both APIs.
func routeLines(a assembly) map[string]string {
	lines := map[string]string{}
	for _, id := range a.ids("AWS::ApiGatewayV2::Route") {
		route := a.template.Resources[id].Properties
		key := route["RouteKey"].(string)
		if spell(route["ApiId"]) == "${SocketApi}" {
			key = "WebSocket " + key
		}
		open := "open"
		switch {
		case route["AuthorizationScopes"] != nil:
			open = fmt.Sprint(route["AuthorizationScopes"].(list)...)
		case route["AuthorizerId"] != nil:
			open = spell(route["AuthorizerId"])
		}
		integration := strings.TrimSuffix(strings.TrimPrefix(spell(route["Target"]), "integrations/${"), "}")
		uri := spell(a.template.Resources[integration].Properties["IntegrationUri"])
		if start := strings.Index(uri, "${"); start > 0 { // a WebSocket API's is longer
			uri = uri[strings.LastIndex(uri, "${"):]
		}
		function, _, _ := strings.Cut(strings.TrimPrefix(uri, "${"), ".")
		if lines[key] != "" {
			id = "TWICE " + id
		}
		lines[key] = fmt.Sprintf("%s, %s, %s", open, function, id)
	}
	return lines
}

func routeMeaning(was, is string) string {
	before, after := strings.Split(was, ", "), strings.Split(is, ", ")
	switch {
	case was == "":
		return "a new route: clients of the version before do not use it"
	case is == "":
		return "clients that use it get 404"
	case before[0] != after[0]:
		return "tokens without the new scope get 403 (an open route needs no token)"
	case before[1] != after[1]:
		return "another function answers; during the deployment either one may"
	}
	return "CloudFormation makes the new route before it deletes the old one: the deployment fails, the route key is taken"
}

// roleLines returns "role effect resource: actions", the principal that assumes each role, and the policies of
// resources.
func roleLines(a assembly) map[string]string {
	actions := map[string][]string{}
	for id, r := range a.template.Resources {
		policies(r.Properties, func(statement object) {
			key := id
			if who, ok := statement["Principal"]; ok {
				key += " to " + principal(who)
			}
			resources := list{"itself"} // who may assume a role
			if named, ok := statement["Resource"]; ok {
				resources = oneOrMore(named)
			}
			condition := ""
			if c, ok := statement["Condition"]; ok {
				condition = " if " + conditions(c.(object))
			}
			for _, resource := range resources {
				full := fmt.Sprintf("%s %s %s%s", key, statement["Effect"], spell(resource), condition)
				for _, action := range oneOrMore(statement["Action"]) {
					actions[full] = append(actions[full], action.(string))
				}
			}
		})
	}
	lines := map[string]string{}
	for key, all := range actions {
		slices.Sort(all)
		lines[key] = strings.Join(all, " ")
	}
	return lines
}

// policies calls do for each statement of each policy in a value.
func policies(value any, do func(statement object)) {
	switch value := value.(type) {
	case list:
		for _, v := range value {
			policies(v, do)
		}
	case object:
		if statements, ok := value["Statement"].(list); ok {
			for _, statement := range statements {
				do(statement.(object))
			}
		}
		for _, v := range value {
			policies(v, do)
		}
	}
}

// principal returns the principal of a statement: "Service lambda.amazonaws.com", "*".
func principal(who any) string {
	of, ok := who.(object)
	if !ok {
		return spell(who)
	}
	var all []string
	for kind, names := range of {
		for _, name := range oneOrMore(names) {
			all = append(all, kind+" "+spell(name))
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// conditions returns "Bool aws:SecureTransport false", sorted.
func conditions(all object) string {
	var parts []string
	for operator, tests := range all {
		for name, values := range tests.(object) {
			for _, value := range oneOrMore(values) {
				parts = append(parts, fmt.Sprintf("%s %s %s", operator, name, spell(value)))
			}
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " and ")
}

func roleMeaning(was, is string) string {
	before, after := strings.Fields(was), strings.Fields(is)
	less := slices.DeleteFunc(slices.Clone(before), func(action string) bool { return slices.Contains(after, action) })
	more := slices.DeleteFunc(slices.Clone(after), func(action string) bool { return slices.Contains(before, action) })
	var means []string
	if len(less) > 0 {
		means = append(means, "no longer in a policy: "+strings.Join(less, " ")+
			"; functions that run the code of the version before are denied it")
	}
	if len(more) > 0 {
		means = append(means, "new in a policy: "+strings.Join(more, " "))
	}
	return strings.Join(means, "; ")
}
