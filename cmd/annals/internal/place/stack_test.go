package place_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/annals-es/annals/cmd/annals/internal/place"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// cloudFormation answers for a stack with a template, and with two pages of resources.
func cloudFormation(t *testing.T, template string) aws.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch action := r.FormValue("Action"); {
		case r.FormValue("StackName") == "Secret":
			http.Error(w, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
				http.StatusForbidden)
		case r.FormValue("StackName") != "Enrol":
			http.Error(w, "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id x does not exist</Message>"+
				"</Error></ErrorResponse>", http.StatusBadRequest)
		case action == "GetTemplate":
			var b strings.Builder
			_ = xml.EscapeText(&b, []byte(template))
			fmt.Fprintf(w, "<GetTemplateResponse><GetTemplateResult><TemplateBody>%s</TemplateBody></GetTemplateResult>"+
				"</GetTemplateResponse>", &b)
		case r.FormValue("NextToken") == "":
			fmt.Fprint(w, page("EventsTable", "<NextToken>2</NextToken>"))
		default:
			fmt.Fprint(w, page("QueryFunction", ""))
		}
	}))
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func page(id, more string) string {
	return "<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries><member><LogicalResourceId>" +
		id +
		"</LogicalResourceId><PhysicalResourceId>Enrol-" + id +
		"-1</PhysicalResourceId></member></StackResourceSummaries>" + more +
		"</ListStackResourcesResult></ListStackResourcesResponse>"
}

// TestStack: the description is that of the template, with the names that the stack's resources have on any page.
func TestStack(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(map[string]any{"Metadata": map[string]any{
		annalsaws.MetadataKey: annalsaws.Describe(annals.New("enrol")),
	}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := place.Stack(t.Context(), cloudFormation(t, string(text)), "Enrol")
	if err != nil || got.Service.Name != "enrol" || got.Resources.Tables["events"] != "Enrol-EventsTable-1" ||
		got.Resources.Functions[annalsaws.Query] != "Enrol-QueryFunction-1" || got.Resources.API != "" ||
		got.Place != "stack Enrol in eu-west-1" || got.Environment["AWS_REGION"] != "eu-west-1" {
		t.Errorf("read the stack Enrol: %+v, %v; want its tables, functions and region", got, err)
	}
}

// TestStackCannotBeRead: each error says what to do.
func TestStackCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, template, want string }{
		{"Other", "", "there is no stack Other in region eu-west-1 of this account: `cdk list`"},
		{"Secret", "", "read the template of stack Secret: it takes the rights cloudformation:GetTemplate"},
		{
			"Enrol", `{"Resources":{}}`,
			"it was deployed by an older version of Annals, or it is no service of Annals; deploy it again",
		},
		{"Enrol", "Resources:", "it was deployed by an older version of Annals"},
		{"Enrol", `{"Metadata":{"Annals":{"format":"1"}}}`, "read the description in the template's Metadata of stack Enrol"},
		{
			"Enrol", `{"Metadata":{"Annals":{"format":2,"resources":{"tables":{"events":"E"}}}}}`,
			"stack Enrol has format 2, and this program reads 1",
		},
	} {
		_, err := place.Stack(t.Context(), cloudFormation(t, test.template), test.name)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("read a stack with the template %s: %v, want an error with %q", test.template, err, test.want)
		}
	}
}
