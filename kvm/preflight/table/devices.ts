// SPDX-License-Identifier: Apache-2.0
// What a definition can say of devices that hold no data (rows.ts tells how to read it).

/** Device by device. */
export const deviceRows = `
devices/emulator =*
devices/controller index=* type=fdc|sata|ccid|scsi|usb|ide|isa|pci|virtio-serial|xenbus
  model=auto|buslogic|lsilogic|lsisas1068|vmpvscsi|ibmvscsi|virtio-scsi|lsisas1078|
    virtio-transitional|virtio-non-transitional|ncr53c90|dc390|am53c974|piix3-uhci|piix4-uhci|ehci|
    ich9-ehci1|ich9-uhci1|ich9-uhci2|ich9-uhci3|vt82c686b-uhci|pci-ohci|nec-xhci|none|qusb1|qusb2|
    qemu-xhci|piix3|piix4|ich6|pci-root|pcie-root|pci-bridge|dmi-to-pci-bridge|pcie-to-pci-bridge|
    pcie-root-port|pcie-switch-upstream-port|pcie-switch-downstream-port|pci-expander-bus|
    pcie-expander-bus|virtio ports=* vectors=* maxGrantFrames=* maxEventChannels=*
devices/controller/master startport=*
devices/controller/model
  name=spapr-pci-host-bridge|pci-bridge|i82801b11-bridge|pcie-pci-bridge|ioh3420|pcie-root-port|
    x3130-upstream|xio3130-downstream|pxb|pxb-pcie
devices/controller/target chassisNr=* chassis=* port=* busNr=* index=* hotplug=on|off
devices/controller/target/node =*
devices/controller/pcihole64 =* unit=*
devices/controller/driver queues=* cmd_per_lun=* max_sectors=* ioeventfd=on|off iothread=*
devices/interface
  type=bridge|ethernet|vhostuser|network|direct|user|internal|mcast|client|udp|server|hostdev|vdpa|
    null|vds managed=yes|no trustGuestRxFilters=yes|no
devices/interface/source bridge=* macTableManager=kernel|libvirt network=* portgroup=* portid=* type=unix
  path=* mode=server|client|* dev=* name=* address=* port=* missing=yes|no switchid=* portgroupid=*
  connectionid=*
devices/interface/virtualport type=802.1Qbg|802.1Qbh|openvswitch|midonet
devices/interface/virtualport/parameters managerid=* typeid=* typeidversion=* instanceid=* profileid=*
  interfaceid=*
devices/interface/link state=up|down
devices/interface/mtu size=*
devices/interface/coalesce
devices/interface/coalesce/rx
devices/interface/coalesce/rx/frames max=*
devices/interface/target dev=* managed=yes|no
devices/interface/guest dev=* actual=*
devices/interface/mac address=* type=generated|static check=yes|no
devices/interface/ip address=* family=* prefix=* peer=*
devices/interface/route family=* address=* netmask=* prefix=* gateway=* metric=*
devices/interface/portForward proto=tcp|udp address=* dev=*
devices/interface/portForward/range start=* end=* to=* exclude=yes|no
devices/interface/script path=@file
devices/interface/downscript path=@file
devices/interface/model type=*
devices/interface/backend type=passt tap=* vhost=* logFile=*
devices/interface/driver name=kvm|vfio|xen|qemu|vhost queues=* rx_queue_size=* tx_queue_size=*
  txmode=iothread|timer ioeventfd=on|off event_idx=on|off rss=on|off rss_hash_report=on|off
devices/interface/driver/host csum=on|off gso=on|off tso4=on|off tso6=on|off ecn=on|off ufo=on|off
  mrg_rxbuf=on|off
devices/interface/driver/guest csum=on|off tso4=on|off tso6=on|off ecn=on|off ufo=on|off
devices/interface/filterref filter=@filter
devices/interface/filterref/parameter name=* value=*
devices/interface/tune
devices/interface/tune/sndbuf =*
devices/interface/rom enabled=yes|no bar=on|off file=@file
devices/interface/bandwidth classID=*
devices/interface/bandwidth/inbound average=* peak=* floor=* burst=*
devices/interface/bandwidth/outbound average=* peak=* floor=* burst=*
devices/interface/vlan trunk=yes
devices/interface/vlan/tag id=* nativeMode=tagged|untagged
devices/interface/port isolated=yes|no
devices/interface/teaming type=persistent|transient persistent=*
devices/input type=tablet|mouse|keyboard|passthrough|evdev bus=ps2|usb|xen|virtio
  model=virtio|virtio-transitional|virtio-non-transitional
devices/input/source evdev=* dev=* grab=all
  grabToggle=ctrl-ctrl|alt-alt|shift-shift|meta-meta|scrolllock|ctrl-scrolllock repeat=on|off
devices/sound model=sb16|es1370|pcspk|ac97|ich6|ich7|ich9|usb
devices/sound/audio id=*
devices/sound/codec type=duplex|micro|output
devices/audio id=* timerPeriod=* type=none|dbus|alsa|coreaudio|jack|oss|pulseaudio|sdl|spice|file
  tryMMap=yes|no exclusive=yes|no dspPolicy=* serverName=* driver=esd|alsa|arts|pulseaudio path=*
devices/audio/input mixingEngine=yes|no fixedSettings=yes|no voices=* bufferLength=* dev=* bufferCount=*
  serverName=* clientName=* connectPorts=* exactName=yes|no tryPoll=yes|no name=* streamName=* latency=*
devices/audio/input/settings frequency=* channels=* format=s8|u8|s16|u16|s32|u32|f32
devices/audio/output mixingEngine=yes|no fixedSettings=yes|no voices=* bufferLength=* dev=* bufferCount=*
  serverName=* clientName=* connectPorts=* exactName=yes|no tryPoll=yes|no name=* streamName=* latency=*
devices/audio/output/settings frequency=* channels=* format=s8|u8|s16|u16|s32|u32|f32
devices/hostdev mode=subsystem|capabilities managed=yes|no
  type=pci|usb|scsi|scsi_host|mdev|storage|misc|net sgio=filtered|unfiltered rawio=yes|no
  model=virtio|virtio-transitional|virtio-non-transitional|vfio-pci|vfio-ccw|vfio-ap ramfb=on|off
  display=on|off
devices/hostdev/driver name=kvm|vfio|xen
devices/hostdev/teaming type=persistent|transient persistent=*
devices/hostdev/ip address=* family=* prefix=* peer=*
devices/hostdev/route family=* address=* netmask=* prefix=* gateway=* metric=*
devices/hostdev/rom enabled=yes|no bar=on|off file=*
devices/hostdev/readonly
devices/hostdev/shareable
devices/graphics type=sdl|vnc|spice|dbus|rdp|desktop|egl-headless display=* xauth=* fullscreen=yes|no
  port=* autoport=yes|no websocket=* listen=@address sharePolicy=allow-exclusive|force-shared|ignore
  powerControl=yes|no socket=* passwd=* keymap=* passwdValidTo=* connected=keep|fail|disconnect tlsPort=*
  defaultMode=any|secure|insecure address=* p2p=yes|no replaceUser=yes|no multiUser=yes|no
devices/graphics/gl enable=yes|no rendernode=@file
devices/graphics/audio id=*
devices/graphics/listen type=address|network|socket|none address=@address network=@network socket=*
devices/graphics/channel name=main|display|inputs|cursor|playback|record|smartcard|usbredir
  mode=any|secure|insecure
devices/graphics/image compression=auto_glz|auto_lz|quic|glz|lz|off
devices/graphics/jpeg compression=auto|never|always
devices/graphics/zlib compression=auto|never|always
devices/graphics/playback compression=on|off
devices/graphics/streaming mode=filter|all|off
devices/graphics/clipboard copypaste=yes|no
devices/graphics/mouse mode=server|client
devices/graphics/filetransfer enable=yes|no
devices/video
devices/video/driver name=qemu|vhostuser vgaconf=io|on|off
devices/video/model type=vga|cirrus|vmvga|xen|vbox|virtio|gop|none|bochs|ramfb|qxl ram=* vgamem=* vram64=*
  vram=* heads=* primary=yes|no
devices/video/model/acceleration accel3d=yes|no accel2d=yes|no rendernode=@file
devices/video/model/resolution x=* y=*
devices/console tty=*
  type=dev|file|pipe|unix|tcp|udp|null|stdio|vc|pty|spicevmc|spiceport|nmdm|qemu-vdagent|dbus
devices/parallel
  type=dev|file|pipe|unix|tcp|udp|null|stdio|vc|pty|spicevmc|spiceport|nmdm|qemu-vdagent|dbus tty=*
devices/serial type=dev|file|pipe|unix|tcp|udp|null|stdio|vc|pty|spicevmc|spiceport|nmdm|qemu-vdagent|dbus
  tty=*
devices/(serial|parallel|console|channel|smartcard|redirdev|rng/backend)/source mode=* path=* host=*
  service=* channel=* master=* slave=* append=on|off tls=yes|no
devices/(serial|parallel|console|channel|smartcard|redirdev|rng/backend)/protocol
  type=raw|telnet|telnets|tls
devices/(serial|parallel|console|channel|smartcard|redirdev|rng/backend)/log file=@folder append=on|off
devices/(serial|parallel|console|smartcard)/target
  type=xen|serial|uml|virtio|lxc|openvz|sclp|sclplm|isa-serial|usb-serial|pci-serial|
    spapr-vio-serial|system-serial|sclp-serial|isa-debug port=*
devices/(serial|parallel|console|smartcard)/target/model
  name=isa-serial|usb-serial|pci-serial|spapr-vty|pl011|16550a|sclpconsole|sclplmconsole|
    isa-debugcon
devices/channel
  type=dev|file|pipe|unix|tcp|udp|null|stdio|vc|pty|spicevmc|spiceport|nmdm|qemu-vdagent|dbus
devices/channel/target type=guestfwd|virtio|xen address=* port=* name=* state=connected|disconnected
devices/smartcard mode=host|host-certificates|passthrough
  type=dev|file|pipe|unix|tcp|udp|null|stdio|vc|pty|spicevmc|spiceport|nmdm|qemu-vdagent|dbus
devices/smartcard/certificate =*
devices/smartcard/database =@file
devices/hub type=usb
devices/redirdev bus=usb
  type=dev|file|pipe|unix|tcp|udp|null|stdio|vc|pty|spicevmc|spiceport|nmdm|qemu-vdagent|dbus
devices/redirfilter
devices/redirfilter/usbdev allow=yes|no class=* vendor=* product=* version=*
devices/rng model=virtio|virtio-transitional|virtio-non-transitional
devices/rng/backend =@file model=random|egd|builtin
  type=dev|file|pipe|unix|tcp|udp|null|stdio|vc|pty|spicevmc|spiceport|nmdm|qemu-vdagent|dbus
devices/rng/rate bytes=* period=*
devices/watchdog model=i6300esb|ib700|diag288 action=reset|shutdown|poweroff|pause|none|dump|inject-nmi
devices/memballoon model=virtio|virtio-transitional|virtio-non-transitional|xen|none autodeflate=on|off
  freePageReporting=on|off
devices/memballoon/stats period=*
devices/panic model=isa|pseries|hyperv|s390
devices/iommu model=intel|smmuv3|virtio
devices/iommu/driver intremap=on|off caching_mode=on|off eim=on|off iotlb=on|off aw_bits=*
devices/vsock model=virtio|virtio-transitional|virtio-non-transitional
devices/vsock/cid auto=yes|no address=*
devices/interface/source/ip address=* family=* prefix=* peer=*
devices/interface/source/route family=* address=* netmask=* prefix=* gateway=* metric=*
devices/interface/source/reconnect enabled=yes|no timeout=*
devices/interface/source/local address=* port=*
devices/interface/source/vendor id=*
devices/interface/source/product id=*
devices/interface/source/address bus=* device=* type=pci|usb domain=* slot=* function=*
  multifunction=on|off
devices/hostdev/source startupPolicy=mandatory|requisite|optional writeFiltering=yes|no
  guestReset=off|uninitialized|on protocol=adapter|iscsi|vhost name=* wwpn=*
devices/hostdev/source/address domain=* bus=* slot=* function=* multifunction=on|off device=* target=*
  unit=* uuid=*
devices/hostdev/source/vendor id=*
devices/hostdev/source/product id=*
devices/hostdev/source/adapter type=scsi_host|fc_host name=* parent=* managed=yes|no parent_wwnn=*
  parent_wwpn=* parent_fabric_wwn=* wwnn=* wwpn=*
devices/hostdev/source/adapter/parentaddr unique_id=*
devices/hostdev/source/adapter/parentaddr/address domain=* bus=* slot=* function=* multifunction=on|off
devices/hostdev/source/host name=* port=*
devices/hostdev/source/auth username=*
devices/hostdev/source/auth/secret type=ceph|iscsi uuid=* usage=*
devices/hostdev/source/initiator
devices/hostdev/source/initiator/iqn name=*
devices/hostdev/source/block =*
devices/hostdev/source/char =*
devices/hostdev/source/interface =*
`;

/** What many devices have alike. */
export const sharedRows = `
devices/*/alias name=*
devices/*/acpi index=*
devices/*/boot order=* loadparm=*
devices/*/address type=pci|drive|virtio-serial|ccid|usb|spapr-vio|ccw|isa|virtio-mmio|dimm|unassigned
  domain=* bus=* slot=* function=* multifunction=on|off controller=* target=* unit=* port=* reg=* cssid=*
  ssid=* devno=* iobase=* irq=* base=*
devices/*/address/zpci uid=* fid=*
devices/(disk|controller|filesystem|interface|input|video|rng|memballoon|vsock)/driver iommu=on|off
  ats=on|off packed=on|off page_per_vq=on|off
**/source/seclabel model=* relabel=no|yes labelskip=yes
**/source/seclabel/label =*
devices/**/source/reconnect enabled=yes|no timeout=*
devices/**/source/clipboard copypaste=yes|no
devices/**/source/mouse mode=server|client
`;
