package annalscdk

import (
	"fmt"

	"github.com/annals-es/annals/internal/platform"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// checkLimits returns an error if the service exceeds a limit of AWS. A deployment would find that out after minutes.
func checkLimits(service *annals.Service, settings Settings) error {
	if n := len(routesOf(service, settings)); n > platform.Routes {
		return fmt.Errorf("service %s has %d routes, with those of its documentation: an HTTP API has at most %d: "+
			"split the service",
			service.Name, n, platform.Routes)
	}
	if err := service.CheckTimeZones(); err != nil {
		return err
	}
	stack := settings.stackName(service)
	hasGroup := service.HasDeadlines() || len(service.Recurring) > 0
	if name := stack + deadlineGroupSuffix; hasGroup && len(name) > maxGroupName {
		return fmt.Errorf("the group of schedules would have the name %s, of %d characters: EventBridge Scheduler allows %d: "+
			"choose a shorter name of the service or the stage", name, len(name), maxGroupName)
	}
	p := planOf(service)
	for _, f := range p.functions {
		environment, policies := environmentBytes(f, stack), policyCharacters(f, stack)
		if f.usesReadModels && p.elsewhere() {
			environment, policies = environment+storesEnvironmentBytes, policies+storesPolicyCharacters
		}
		if environment > platform.EnvironmentBytes {
			return fmt.Errorf("the environment of the function %s would have about %d bytes, most of them names of tables: "+
				"Lambda allows %d: split the service", f.name, environment, platform.EnvironmentBytes)
		}
		if policies > platform.RolePolicyCharacters {
			return fmt.Errorf("the policies of the role of the function %s would have about %d characters, most of "+
				"them ARNs of "+
				"tables and indexes: IAM allows %d: split the service, "+
				"or declare annals.WithoutIndexes for read models without lists",
				f.name, policies, platform.RolePolicyCharacters)
		}
	}
	return nil
}

// maxGroupName is the largest number of characters of the name of a group in EventBridge Scheduler.
const maxGroupName = 64

// The largest size of environments and policies without tables.
const (
	otherEnvironmentBytes = 600
	otherPolicyCharacters = 1500
)

// The largest addition for personal data: the ARN of a state machine with its variable and those of settings, and the
// statement that allows to start it.
const (
	personalEnvironmentBytes = 250
	personalPolicyCharacters = 250
)

// The largest addition for deadlines: the names and ARNs of a group, a role and a queue with their variables, and the
// statements about schedules and their role.
const (
	deadlineEnvironmentBytes = 350
	deadlinePolicyCharacters = 600
)

// The largest addition for read models in other stores than DynamoDB: the list of the stores and their addresses with
// their variables, and the statements that allow to use them.
const (
	storesEnvironmentBytes = 500
	storesPolicyCharacters = 700
)

// settingBytes is the longest text of a duration.
const settingBytes = len("2562047h47m16s")

// tableName is a name as long as the one that CloudFormation gives a table.
func tableName(table annalsaws.Table, stack string) string {
	return stack + "-" + pascal(table.Name) + "Table-" + "ABCDEFGHIJKLM"
}

// environmentBytes estimates the size of a function's environment.
func environmentBytes(f function, stack string) int {
	total := otherEnvironmentBytes
	if f.usesKeys() {
		total += personalEnvironmentBytes
	}
	if f.asksForDeadlines {
		total += deadlineEnvironmentBytes
	}
	for _, setting := range f.settings {
		total += len(setting.Env()) + settingBytes
	}
	told := map[string]bool{}
	for _, g := range f.grants {
		for _, table := range g.on {
			if !told[table.Name] {
				total += len(table.Env()) + len(tableName(table, stack))
			}
			told[table.Name] = true
		}
	}
	return total
}

// policyCharacters estimates the length of the policies of a function's role: IAM does not count white space.
func policyCharacters(f function, stack string) int {
	const arn = `"arn:aws:dynamodb:ap-southeast-1:123456789012:table/",`
	total := otherPolicyCharacters
	if f.startsForgetting {
		total += personalPolicyCharacters
	}
	if f.asksForDeadlines {
		total += deadlinePolicyCharacters
	}
	for _, g := range f.grants {
		for _, action := range g.actions {
			total += len(action) + len(`"",`)
		}
		for _, table := range g.on {
			one := len(arn) + len(tableName(table, stack))
			total += one
			if g.indexes {
				for _, index := range table.Indexes {
					total += one + len("/index/"+index.Name)
				}
			}
		}
	}
	return total
}
