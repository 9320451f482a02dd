package main

import (
	"errors"
	"strings"
)

// judgeSchedules changes permissions on schedules of a group to those on schedules of all groups, and returns an
// error if the template has a group and no such permission. The emulator judges each request as one for the group
// "default": the group's name is in the request's body, where it does not look. No template shows this, so it is not
// among the gaps.
func judgeSchedules(template object) error {
	resources, _ := template["Resources"].(object)
	grouped := false
	for _, r := range resources {
		resource, _ := r.(object)
		grouped = grouped || resource["Type"] == "AWS::Scheduler::ScheduleGroup"
	}
	changed := replace(template, func(x object) any {
		join, is := x["Fn::Join"].([]any)
		if !is || len(join) != 2 {
			return nil
		}
		parts, _ := join[1].([]any)
		if len(parts) == 0 {
			return nil
		}
		last, _ := parts[len(parts)-1].(string)
		if !strings.HasPrefix(last, ":schedule/") || strings.HasPrefix(last, ":schedule/*") {
			return nil
		}
		return object{"Fn::Join": []any{join[0], append(parts[:len(parts)-1:len(parts)-1], ":schedule/*/*")}}
	})
	if grouped && changed == 0 {
		return errors.New("the template has a group of schedules, and nobody may make schedules in it: correct judgeSchedules")
	}
	return nil
}
