package annalslambda

import (
	"fmt"
	"strings"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TableNames are the names of tables on DynamoDB, by their names inside the service.
type TableNames map[string]string

// Of is the name of a table on DynamoDB.
func (n TableNames) Of(t annalsaws.Table) string { return n[t.Name] }

// TableNamesFrom reads the names of tables from the environment, each from the variable that the table names.
//
// Errors: one that lists every variable that is missing or empty.
func TableNamesFrom(getenv func(string) string, wanted ...annalsaws.Table) (TableNames, error) {
	names := TableNames{}
	var missing []string
	for _, t := range wanted {
		name := getenv(t.Env())
		if name == "" {
			missing = append(missing, t.Env())
		}
		names[t.Name] = name
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("environment variables without a table's name: %s", strings.Join(missing, ", "))
	}
	return names, nil
}
