package annalscdk

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsopensearchserverless"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// collectionPattern is the ARN of a collection of OpenSearch Serverless.
var collectionPattern = regexp.MustCompile(`^arn:aws[a-z-]*:aoss:([a-z0-9-]+):[0-9]{12}:collection/([a-z0-9]+)$`)

// The smallest and the largest number of characters of a collection's name, which its policies have, too. Longer
// names are allowed for collections, not for policies.
const (
	minCollectionName = 3
	maxCollectionName = 32
)

// What functions may do in a collection. A data access policy allows the requests of each:
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html
var (
	readsDocuments  = []string{"aoss:DescribeIndex", "aoss:ReadDocument"}
	writesDocuments = []string{
		"aoss:DeleteIndex", "aoss:DescribeIndex", "aoss:ReadDocument", "aoss:UpdateIndex", "aoss:WriteDocument",
	}
	// createsIndexes is for the rebuilder alone: a write of the projector must not make an index anew that was
	// deleted. So the first generation of a read model is lost at first, and the rebuilder makes another.
	createsIndexes = []string{"aoss:CreateIndex"}
	// movesAliases is for the alias by which people search: it is moved to the generation that serves.
	movesAliases = []string{
		"aoss:CreateCollectionItems", "aoss:DeleteCollectionItems", "aoss:DescribeCollectionItems", "aoss:UpdateCollectionItems",
	}
)

func (s *Settings) validateSearch() error {
	if s.SearchCollection != "" && !collectionPattern.MatchString(s.SearchCollection) {
		return fmt.Errorf("searchCollection is %q: it must be the ARN of a collection of OpenSearch Serverless, such as "+
			"arn:aws:aoss:eu-central-1:123456789012:collection/abc", s.SearchCollection)
	}
	return nil
}

// makesCollection reports whether the stack makes the collection.
func makesCollection(p plan, settings Settings) bool {
	return p.uses(annals.Search) && settings.SearchCollection == ""
}

// collectionName is the name of the collection that the stack makes, and of its policies.
func collectionName(stack string) string { return strings.ToLower(stack) }

func checkCollection(p plan, settings Settings) error {
	name := collectionName(settings.stackName(p.service))
	if makesCollection(p, settings) && (len(name) < minCollectionName || len(name) > maxCollectionName) {
		return fmt.Errorf("the collection of OpenSearch Serverless would have the name %s, of %d characters: it must have %d to %d: "+
			"choose another name of the service or the stage, or make a collection yourself and set searchCollection",
			name, len(name), minCollectionName, maxCollectionName)
	}
	return nil
}

// addSearch makes the collection of OpenSearch Serverless, unless the settings name one. It is deleted with the
// stack, as read tables are. It is reached from the internet, by signed requests of roles that its policy names.
func (s *Service) addSearch() {
	if !makesCollection(s.plan, s.Settings) {
		return
	}
	name := collectionName(s.name())
	of := []any{map[string]any{"ResourceType": "collection", "Resource": []string{"collection/" + name}}}
	encryption := s.newSearchPolicy("SearchEncryption", "encryption", map[string]any{"Rules": of, "AWSOwnedKey": true})
	network := s.newSearchPolicy("SearchNetwork", "network", []any{map[string]any{"Rules": of, "AllowFromPublic": true}})
	standby := "DISABLED"
	if s.Settings.Stage == protectedStage {
		standby = "ENABLED"
	}
	s.SearchCollection = awsopensearchserverless.NewCfnCollection(s.Stack, jsii.String("SearchCollection"),
		&awsopensearchserverless.CfnCollectionProps{
			Name: jsii.String(name), Type: jsii.String("SEARCH"), StandbyReplicas: jsii.String(standby),
			Description: jsii.String("Read models of " + s.name()),
		})
	// OpenSearch Serverless refuses a collection without a policy of encryption.
	s.SearchCollection.AddResourceDependency(encryption, nil)
	s.SearchCollection.AddResourceDependency(network, nil)
}

func (s *Service) newSearchPolicy(id, kind string, policy any) awsopensearchserverless.CfnSecurityPolicy {
	return awsopensearchserverless.NewCfnSecurityPolicy(s.Stack, jsii.String(id),
		&awsopensearchserverless.CfnSecurityPolicyProps{
			Name: jsii.String(collectionName(s.name())), Type: jsii.String(kind), Policy: s.Stack.ToJsonString(policy, nil),
		})
}

// addSearchAccess lets the functions use the indexes of the service's read models, and no others: the indexes of their
// generations, and the aliases by which people search.
func (s *Service) addSearchAccess() {
	if s.SearchCollection == nil {
		return
	}
	name := collectionName(s.name())
	var indexes []string
	for _, m := range s.Declaration.ReadModels {
		if m.Store == annals.Search {
			indexes = append(indexes, "index/"+name+"/annals-"+m.Name()+"-g*", "index/"+name+"/"+m.Name())
		}
	}
	may := func(kind string, permissions []string, resources ...string) map[string]any {
		return map[string]any{"ResourceType": kind, "Resource": resources, "Permission": permissions}
	}
	var readers, writers []*string
	for _, f := range s.plan.those(func(f function) bool { return f.usesReadModels }) {
		role := s.Functions[f.name].Role.RoleArn()
		if f.name == annalsaws.Query {
			readers = append(readers, role)
		} else {
			writers = append(writers, role)
		}
	}
	awsopensearchserverless.NewCfnAccessPolicy(s.Stack, jsii.String("SearchAccess"),
		&awsopensearchserverless.CfnAccessPolicyProps{
			Name: jsii.String(name), Type: jsii.String("data"),
			Policy: s.Stack.ToJsonString([]any{
				map[string]any{"Rules": []any{may("index", readsDocuments, indexes...)}, "Principal": readers},
				map[string]any{
					"Rules": []any{
						may("collection", movesAliases, "collection/"+name), may("index", writesDocuments, indexes...),
					},
					"Principal": writers,
				},
				map[string]any{
					"Rules":     []any{may("index", createsIndexes, indexes...)},
					"Principal": []*string{s.Functions[annalsaws.Rebuilder].Role.RoleArn()},
				},
			}, nil),
		})
}

// searchStatement lets a function send requests to the collection. What they may do, the data access policy says.
func (s *Service) searchStatement() awsiam.PolicyStatement {
	arn := jsii.String(s.Settings.SearchCollection)
	if s.SearchCollection != nil {
		arn = s.SearchCollection.AttrArn()
	}
	return allow([]string{"aoss:APIAccessAll"}, arn)
}

// searchEndpoint is the host of the collection.
func (s *Service) searchEndpoint() *string {
	const domain = ".aoss.amazonaws.com"
	if s.SearchCollection != nil {
		return awscdk.Fn_Join(jsii.String(""),
			&[]*string{s.SearchCollection.AttrId(), jsii.String("."), s.Stack.Region(), jsii.String(domain)})
	}
	parts := collectionPattern.FindStringSubmatch(s.Settings.SearchCollection)
	return jsii.String(parts[2] + "." + parts[1] + domain)
}
