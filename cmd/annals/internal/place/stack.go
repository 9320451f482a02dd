package place

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// Stack finds the service of a CloudFormation stack: its description in the Metadata of the stack's template, and its
// resources among those of the stack.
//
// Errors: those of CloudFormation; one if the stack does not exist, if it has no description, or one of a later
// version.
func Stack(ctx context.Context, cfg aws.Config, name string) (annalsaws.Located, error) {
	client := cloudformation.NewFromConfig(cfg)
	out, err := client.GetTemplate(ctx, &cloudformation.GetTemplateInput{
		StackName: &name, TemplateStage: types.TemplateStageOriginal,
	})
	if err != nil {
		return annalsaws.Located{}, notFound(err, name, cfg.Region)
	}
	d, err := described(aws.ToString(out.TemplateBody), "stack "+name)
	if err != nil {
		return annalsaws.Located{}, err
	}
	physical := map[string]string{}
	pages := cloudformation.NewListStackResourcesPaginator(client,
		&cloudformation.ListStackResourcesInput{StackName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return annalsaws.Located{}, fmt.Errorf("list the resources of stack %s: %w", name, denied(err))
		}
		for _, r := range page.StackResourceSummaries {
			physical[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId)
		}
	}
	return annalsaws.Located{
		Place: "stack " + name + " in " + cfg.Region, Environment: map[string]string{"AWS_REGION": cfg.Region},
		Description: d.Resolved(func(id string) string { return physical[id] }),
	}, nil
}

// described reads the description in a template.
func described(template, from string) (annalsaws.Description, error) {
	var t struct {
		Metadata map[string]json.RawMessage
	}
	var d annalsaws.Description
	err := json.Unmarshal([]byte(template), &t)
	text, there := t.Metadata[annalsaws.MetadataKey]
	if err != nil || !there {
		return d, fmt.Errorf("%s has no description of a service in the Metadata of its template, under %s: it was "+
			"deployed by an older version of Annals, or it is no service of Annals; deploy it again (`cdk deploy`)",
			from, annalsaws.MetadataKey)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("read the description in the template's Metadata of %s: %w", from, err)
	}
	return d, check(d, from)
}

// notFound adds advice to the error about a stack that does not exist.
func notFound(err error, name, region string) error {
	var failure smithy.APIError
	if errors.As(err, &failure) && failure.ErrorCode() == "ValidationError" &&
		strings.Contains(failure.ErrorMessage(), "does not exist") {
		return fmt.Errorf("there is no stack %s in region %s of this account: `cdk list` names the stacks of an app; "+
			"AWS_REGION and AWS_PROFILE choose region and account", name, region)
	}
	return fmt.Errorf("read the template of stack %s: %w", name, denied(err))
}

// denied says what to do without the rights to ask CloudFormation.
func denied(err error) error {
	var failure smithy.APIError
	if errors.As(err, &failure) && strings.HasPrefix(failure.ErrorCode(), "AccessDenied") {
		return fmt.Errorf("it takes the rights cloudformation:GetTemplate and cloudformation:ListStackResources; "+
			"without them, give --file what somebody with these rights printed with `annals describe`: %w", err)
	}
	return err
}
