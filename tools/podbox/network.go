package main

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const bridgeName = "juju0"

// setUpBridge makes the model's network in this process's network namespace.
func setUpBridge(address string) error {
	if err := setUpLoopback(); err != nil {
		return err
	}
	parsed, err := netlink.ParseAddr(address)
	if err != nil {
		return err
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = bridgeName
	attributes.HardwareAddr = hardwareAddress(parsed.IP)
	bridge := &netlink.Bridge{LinkAttrs: attributes}
	if err := netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("adding the bridge %s: %w", bridgeName, err)
	}
	if err := netlink.AddrAdd(bridge, parsed); err != nil {
		return fmt.Errorf("giving %s the address %s: %w", bridgeName, address, err)
	}
	return netlink.LinkSetUp(bridge)
}

// ownAddresses makes every address of a network this machine's own, as a cluster's service addresses belong to the
// proxy on each node: a process may listen on any of them without its being set up first.
func ownAddresses(network string) error {
	if network == "" {
		return nil
	}
	_, destination, err := net.ParseCIDR(network)
	if err != nil {
		return err
	}
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{
		LinkIndex: loopback.Attrs().Index,
		Dst:       destination,
		Type:      unix.RTN_LOCAL,
		Table:     unix.RT_TABLE_LOCAL,
		Scope:     netlink.SCOPE_HOST,
	})
}

// plugIn connects the pod whose process 1 is pid to the bridge and returns the name of the bridge's end.
func plugIn(pid int, address string) (string, error) {
	parsed, err := netlink.ParseAddr(address)
	if err != nil {
		return "", err
	}
	bridge, err := netlink.LinkByName(bridgeName)
	if err != nil {
		return "", fmt.Errorf("%s: %w (podbox pod runs inside podbox model)", bridgeName, err)
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = fmt.Sprintf("veth%x", []byte(parsed.IP.To4()))
	attributes.MasterIndex = bridge.Attrs().Index
	unplug(attributes.Name) // a predecessor killed a moment ago may not be cleared away yet
	cable := &netlink.Veth{
		LinkAttrs:        attributes,
		PeerName:         podInterface,
		PeerHardwareAddr: hardwareAddress(parsed.IP),
		PeerNamespace:    netlink.NsPid(pid),
	}
	if err := netlink.LinkAdd(cable); err != nil {
		return "", fmt.Errorf("adding %s: %w", attributes.Name, err)
	}
	return attributes.Name, netlink.LinkSetUp(cable)
}

const podInterface = "eth0"

// unplug takes a pod's cable away, both ends; one that is gone is fine.
func unplug(name string) {
	if link, err := netlink.LinkByName(name); err == nil {
		_ = netlink.LinkDel(link)
	}
}

// setUpInterface configures the pod's end of its cable, from inside the pod.
func setUpInterface(address, gateway string) error {
	if err := setUpLoopback(); err != nil {
		return err
	}
	parsed, err := netlink.ParseAddr(address)
	if err != nil {
		return err
	}
	link, err := netlink.LinkByName(podInterface)
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(link, parsed); err != nil {
		return fmt.Errorf("giving %s the address %s: %w", podInterface, address, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return err
	}
	route := &netlink.Route{LinkIndex: link.Attrs().Index, Gw: net.ParseIP(gateway)}
	if err := netlink.RouteAdd(route); err != nil {
		return fmt.Errorf("the default route through %s: %w", gateway, err)
	}
	return nil
}

func setUpLoopback() error {
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(loopback)
}

// hardwareAddress is made from the IPv4 address, so that a pod which comes back under its old address is found at
// once: nobody remembers a wrong neighbour.
func hardwareAddress(address net.IP) net.HardwareAddr {
	return append(net.HardwareAddr{0x0a, 0x58}, address.To4()...)
}

func checkAddress(address string) error {
	ip, _, err := net.ParseCIDR(address)
	if err != nil {
		return err
	}
	if ip.To4() == nil {
		return errors.New("only IPv4 addresses are supported")
	}
	return nil
}
