package main

import (
	"fmt"
	"slices"
)

// object is a JSON object.
type object = map[string]any

// A gap is a feature that the template needs and the emulator lacks. The template is changed for the emulator because
// of the gaps, and in no other way.
type gap struct {
	what string
	// close removes the need for the feature from a template, and returns in how many places.
	close func(template object) int
	// probe is a template with only the gap, and refusal the emulator's error for it. If the emulator no longer returns
	// this error, it has closed the gap, and the entry must be removed.
	probe   object
	refusal string
}

const metricMath = "Properties.Metrics (metric math) is not supported"

var gaps = []gap{
	{
		what:  "a WebSocket route's response can't be created; the emulator sends answers to messages without it",
		close: func(template object) int { return drop(template, "AWS::ApiGatewayV2::RouteResponse", always) },
		probe: object{"Resources": object{
			"Api": object{
				"Type": "AWS::ApiGatewayV2::Api",
				"Properties": object{
					"Name": "probe", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action",
				},
			},
			"Route": object{
				"Type": "AWS::ApiGatewayV2::Route", "Properties": object{"ApiId": object{"Ref": "Api"}, "RouteKey": "$default"},
			},
			"Answer": object{"Type": "AWS::ApiGatewayV2::RouteResponse", "Properties": object{
				"ApiId": object{"Ref": "Api"}, "RouteId": object{"Ref": "Route"}, "RouteResponseKey": "$default",
			}},
		}},
		refusal: "Unrecognized resource types: [AWS::ApiGatewayV2::RouteResponse]",
	},
	{
		what: "an alarm on metric math can't be created; docs/first-deployment.md checks it on AWS",
		close: func(template object) int {
			return drop(template, "AWS::CloudWatch::Alarm", func(properties object) bool { return properties["Metrics"] != nil })
		},
		probe: object{"Resources": object{"Alarm": object{"Type": "AWS::CloudWatch::Alarm", "Properties": object{
			"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 0,
			"Metrics": []any{
				object{"Id": "twice", "Expression": "m * 2", "ReturnData": true},
				object{
					"Id": "m", "ReturnData": false,
					"MetricStat": object{"Metric": object{"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"},
				},
			},
		}}}},
		refusal: metricMath,
	},
	{
		what: "a user pool has no attribute with its issuer's address; it is built from the region and the pool's id",
		close: func(template object) int {
			return replace(template, func(x object) any {
				of, is := x["Fn::GetAtt"].([]any)
				if !is || len(of) != 2 || of[1] != "ProviderURL" {
					return nil
				}
				return object{"Fn::Join": []any{
					"", []any{"https://cognito-idp.", object{"Ref": "AWS::Region"}, ".amazonaws.com/", object{"Ref": of[0]}},
				}}
			})
		},
		probe: object{
			"Resources": object{"Pool": object{"Type": "AWS::Cognito::UserPool", "Properties": object{}}},
			"Outputs":   object{"Url": object{"Value": object{"Fn::GetAtt": []any{"Pool", "ProviderURL"}}}},
		},
		refusal: "Requested attribute ProviderURL does not exist",
	},
}

// closeGaps changes a template for the emulator. If fail is set, it leaves one gap, so that the deployment fails.
//
// Errors: the template no longer has a listed gap.
func closeGaps(template object, fail bool) error {
	for _, g := range gaps {
		if fail && g.refusal == metricMath {
			failLate(template)
			continue
		}
		if g.close(template) == 0 {
			return fmt.Errorf("the template no longer has this gap: remove it from the list: %s", g.what)
		}
	}
	return nil
}

// failLate makes the alarms on metric math, which can't be created, depend on all resources that outlive a failed
// deployment. So those are created before the deployment fails.
func failLate(template object) {
	resources, _ := template["Resources"].(object)
	var kept, alarms []any
	for id, r := range resources {
		resource := r.(object)
		properties, _ := resource["Properties"].(object)
		switch {
		case resource["DeletionPolicy"] == "Retain":
			kept = append(kept, id)
		case resource["Type"] == "AWS::CloudWatch::Alarm" && properties["Metrics"] != nil:
			alarms = append(alarms, r)
		}
	}
	for _, alarm := range alarms {
		alarm.(object)["DependsOn"] = kept
	}
}

func always(object) bool { return true }

// drop removes resources of a type, and dependencies on them. It returns how many it removed.
func drop(template object, kind string, which func(properties object) bool) int {
	resources, _ := template["Resources"].(object)
	var gone []any
	for id, r := range resources {
		resource, _ := r.(object)
		if properties, _ := resource["Properties"].(object); resource["Type"] == kind && which(properties) {
			delete(resources, id)
			gone = append(gone, id)
		}
	}
	for _, r := range resources {
		undepend(r.(object), gone...)
	}
	return len(gone)
}

// undepend removes dependencies of a resource.
func undepend(resource object, gone ...any) {
	if list, is := resource["DependsOn"].([]any); is {
		resource["DependsOn"] = slices.DeleteFunc(list, func(id any) bool { return slices.Contains(gone, id) })
	}
}

// replace replaces objects, at any depth, by what other returns for them, and returns how many. If other returns nil,
// the object stays.
func replace(in any, other func(object) any) (count int) {
	each := func(child any, put func(any)) {
		if x, is := child.(object); is {
			if instead := other(x); instead != nil {
				put(instead)
				count++
				return
			}
		}
		count += replace(child, other)
	}
	switch x := in.(type) {
	case object:
		for key, child := range x {
			each(child, func(instead any) { x[key] = instead })
		}
	case []any:
		for i, child := range x {
			each(child, func(instead any) { x[i] = instead })
		}
	}
	return count
}
