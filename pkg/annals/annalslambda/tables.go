package annalslambda

import (
	"fmt"
	"strings"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TableNames are the names of tables on DynamoDB, by their names in the declaration ([annalsaws.Table]).
type TableNames map[string]string

// Of returns the name of a table on DynamoDB.
func (n TableNames) Of(t annalsaws.Table) string { return n[t.Name] }

// TableNamesFrom reads the names of tables from the environment: see [annalsaws.Table.Env].
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
		return nil, fmt.Errorf("environment variables with names of tables are missing or empty: %s",
			strings.Join(missing, ", "))
	}
	return names, nil
}
