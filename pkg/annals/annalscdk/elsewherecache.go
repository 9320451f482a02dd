package annalscdk

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
)

var (
	subnetPattern        = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
	securityGroupPattern = regexp.MustCompile(`^sg-[0-9a-f]{8,17}$`)
)

// validateCache checks the address of the cache, and the VPC that it is in. Its errors do not repeat an address that
// may have a password.
func (s *Settings) validateCache() error {
	if s.CacheURL == "" {
		if len(s.VPCSubnets)+len(s.VPCSecurityGroups) > 0 {
			return errors.New("vpcSubnets or vpcSecurityGroups is set, but cacheUrl is not: only a cache needs a VPC: set cacheUrl, " +
				"or remove both")
		}
		return nil
	}
	address, err := url.Parse(s.CacheURL)
	if err != nil || address.Scheme != "redis" && address.Scheme != "rediss" || address.Hostname() == "" {
		return errors.New("cacheUrl is not the address of a Valkey or Redis: it must be redis://host:port/database, or " +
			"rediss:// for TLS")
	}
	if _, has := address.User.Password(); has {
		return errors.New("cacheUrl has a password, which the template would show: remove it, and let the security group of " +
			"the cache admit the functions' alone")
	}
	// localhost is for the local runner, which starts a cache of its own, and knows no VPC.
	if address.Hostname() != "localhost" && (len(s.VPCSubnets) == 0 || len(s.VPCSecurityGroups) == 0) {
		return errors.New("cacheUrl is set without vpcSubnets and vpcSecurityGroups: set both, so that the functions reach the " +
			"cache in its VPC")
	}
	for _, ids := range []struct {
		key, form string
		ids       []string
		pattern   *regexp.Regexp
	}{
		{"vpcSubnets", "ids of subnets, such as subnet-0123456789abcdef0", s.VPCSubnets, subnetPattern},
		{"vpcSecurityGroups", "ids of security groups, such as sg-0123456789abcdef0", s.VPCSecurityGroups, securityGroupPattern},
	} {
		for _, id := range ids.ids {
			if !ids.pattern.MatchString(id) {
				return fmt.Errorf("%s has %q: it must be a list of %s", ids.key, id, ids.form)
			}
		}
	}
	return nil
}

// checkCache returns an error if the service has a read model in a cache, and the settings name no cache.
func checkCache(p plan, settings Settings) error {
	if p.uses(annals.Cache) && settings.CacheURL == "" {
		return errors.New("cache is among the stores, but cacheUrl is not set: the stack makes no cache, because that needs a VPC: " +
			"make one, and set cacheUrl, vpcSubnets and vpcSecurityGroups")
	}
	return nil
}

// inVPC reports whether a function runs in the VPC of the cache.
func (s *Service) inVPC(f function) bool {
	return f.usesReadModels && s.plan.uses(annals.Cache) && len(s.Settings.VPCSubnets) > 0
}

// connect connects a function to the VPC of the cache. CDK's own property wants a VPC, which it looks up in the
// account.
func (s *Service) connect(f function) {
	if !s.inVPC(f) {
		return
	}
	s.Functions[f.name].Resource().SetVpcConfig(&awslambda.CfnFunction_VpcConfigProperty{
		SubnetIds:        jsii.PtrSlice(s.Settings.VPCSubnets...),
		SecurityGroupIds: jsii.PtrSlice(s.Settings.VPCSecurityGroups...),
	})
}

// networkStatement lets Lambda make the network interfaces of a function in a VPC, which it does under the function's
// role. The ids are EC2's, so the resource is *, as in AWS's managed policy for such functions.
func networkStatement() awsiam.PolicyStatement {
	return allow([]string{
		"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
		"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
	}, jsii.String("*"))
}
