// SPDX-License-Identifier: Apache-2.0
// What a definition can say of disks and of other places where a guest leaves data. Known here means that it
// can be read; whether it can be taken along is judged disk by disk (vm.ts) or refused (translate.ts).

/** Disks, shared folders, TPM, persistent memory. */
export const storageRows = `
os/nvram =* template=@file type=file|block|dir|network|volume|nvme|vhostuser
devices/disk device=floppy|disk|cdrom|lun type=file|block|dir|network|volume|nvme|vhostuser rawio=yes|no
  sgio=filtered|unfiltered model=virtio|virtio-transitional|virtio-non-transitional
  snapshot=no|internal|external|manual
devices/disk/driver name=*
  type=raw|dir|bochs|cloop|dmg|iso|vpc|vdi|fat|vhd|ploop|luks|cow|qcow|qcow2|qed|vmdk|aio
  cache=default|none|writeback|writethrough|directsync|unsafe error_policy=stop|report|ignore|enospace
  rerror_policy=stop|report|ignore io=threads|native|io_uring ioeventfd=on|off event_idx=on|off
  copy_on_read=on|off discard=unmap|ignore iothread=* detect_zeroes=off|on|unmap queues=* queue_size=*
devices/disk/driver/metadata_cache
devices/disk/driver/metadata_cache/max_size =* unit=*
devices/disk/mirror file=*
  format=raw|dir|bochs|cloop|dmg|iso|vpc|vdi|fat|vhd|ploop|luks|cow|qcow|qcow2|qed|vmdk
  job=copy|active-commit type=file|block|dir|network|volume|nvme|vhostuser ready=yes|abort|pivot
devices/disk/auth username=*
devices/disk/auth/secret type=ceph|iscsi uuid=@secret usage=*
devices/disk/target dev=* bus=ide|fdc|scsi|virtio|xen|usb|uml|sata|sd tray=open|closed removable=on|off
  rotation_rate=*
devices/disk/(readonly|shareable|iotune|privateData)
devices/disk/transient shareBacking=yes|no
devices/disk/(serial|wwn|vendor|product) =*
devices/disk/encryption format=default|qcow|luks|luks2 engine=qemu|librbd
devices/disk/encryption/secret type=passphrase uuid=@secret usage=*
devices/disk/encryption/cipher name=* size=* mode=* hash=*
devices/disk/encryption/ivgen name=* hash=*
devices/disk/iotune/(total_bytes_sec|read_bytes_sec|write_bytes_sec|total_iops_sec|read_iops_sec|
    write_iops_sec|total_bytes_sec_max|read_bytes_sec_max|write_bytes_sec_max|total_iops_sec_max|
    read_iops_sec_max|write_iops_sec_max|size_iops_sec|group_name|total_bytes_sec_max_length|
    read_bytes_sec_max_length|write_bytes_sec_max_length|total_iops_sec_max_length|
    read_iops_sec_max_length|write_iops_sec_max_length) =*
devices/disk/geometry cyls=* heads=* secs=* trans=auto|none|lba
devices/disk/blockio logical_block_size=* physical_block_size=*
devices/disk/backingStore index=* type=file|block|dir|network|volume|nvme|vhostuser
devices/lease
devices/lease/lockspace =*
devices/lease/key =*
devices/lease/target path=* offset=*
devices/filesystem model=virtio|virtio-transitional|virtio-non-transitional
  type=file|block|mount|bind|template|ram accessmode=passthrough|mapped|squash
  multidevs=default|remap|forbid|warn fmode=* dmode=*
devices/filesystem/driver type=path|handle|loop|nbd|ploop|virtiofs
  format=raw|dir|bochs|cloop|dmg|iso|vpc|vdi|fat|vhd|ploop|luks|cow|qcow|qcow2|qed|vmdk wrpolicy=immediate
  queue=*
devices/filesystem/source file=* dev=* dir=* socket=* name=* usage=* units=*
devices/filesystem/target dir=*
devices/filesystem/readonly
devices/filesystem/space_hard_limit =* unit=*
devices/filesystem/space_soft_limit =* unit=*
devices/filesystem/binary path=* xattr=on|off
devices/filesystem/binary/cache mode=none|always
devices/filesystem/binary/sandbox mode=namespace|chroot
devices/filesystem/binary/lock posix=on|off flock=on|off
devices/filesystem/binary/thread_pool size=*
devices/tpm model=tpm-tis|tpm-crb|tpm-spapr|spapr-tpm-proxy
devices/tpm/backend type=passthrough|emulator|external persistent_state=yes|no version=1.2|2.0
devices/tpm/backend/device path=*
devices/tpm/backend/encryption secret=@secret
devices/tpm/backend/active_pcr_banks
devices/tpm/backend/active_pcr_banks/(sha1|sha256|sha384|sha512)
devices/tpm/backend/source type=unix path=* mode=connect
devices/shmem name=* role=master|peer
devices/shmem/model type=ivshmem|ivshmem-plain|ivshmem-doorbell
devices/shmem/size =* unit=*
devices/shmem/server path=@file
devices/shmem/msi ioeventfd=on|off vectors=*
devices/memory model=dimm|nvdimm|virtio-pmem|virtio-mem|sgx-epc access=shared|private discard=yes|no
devices/memory/uuid =*
devices/memory/source
devices/memory/target
devices/memory/target/(size|block|requested|current) =* unit=*
devices/memory/target/node =*
devices/memory/target/label
devices/memory/target/label/size =* unit=*
devices/memory/target/readonly
devices/nvram
devices/disk/mirror/format
  type=raw|dir|bochs|cloop|dmg|iso|vpc|vdi|fat|vhd|ploop|luks|cow|qcow|qcow2|qed|vmdk
devices/disk/mirror/format/metadata_cache
devices/disk/mirror/format/metadata_cache/max_size =* unit=*
devices/disk/mirror/backingStore index=* type=file|block|dir|network|volume|nvme|vhostuser
devices/disk/**/backingStore/format
  type=raw|dir|bochs|cloop|dmg|iso|vpc|vdi|fat|vhd|ploop|luks|cow|qcow|qcow2|qed|vmdk
devices/disk/**/backingStore/format/metadata_cache
devices/disk/**/backingStore/format/metadata_cache/max_size =* unit=*
devices/memory/source/pagesize =* unit=*
devices/memory/source/nodemask =*
devices/memory/source/path =*
devices/memory/source/alignsize =* unit=*
devices/memory/source/pmem
`;

/** Where a disk's or the NVRAM's content is: also that of a mirror or of a backing file. */
export const sourceRows = `
(os/nvram|devices/disk/**)/source file=* fdgroup=* index=*
  startupPolicy=mandatory|requisite|optional dev=* dir=*
  protocol=nbd|gluster|rbd|iscsi|http|https|ftps|ftp|sheepdog|tftp|vxhs|nfs name=* tls=yes|no
  tlsHostname=* query=* pool=* volume=* mode=host|direct type=pci|unix namespace=* managed=yes|no path=*
(os/nvram|devices/disk/**)/source/slices
(os/nvram|devices/disk/**)/source/slices/slice type=storage offset=* size=*
(os/nvram|devices/disk/**)/source/privateData
(os/nvram|devices/disk/**)/source/encryption format=default|qcow|luks|luks2
  engine=qemu|librbd
(os/nvram|devices/disk/**)/source/encryption/secret type=passphrase uuid=@secret usage=*
(os/nvram|devices/disk/**)/source/encryption/cipher name=* size=* mode=* hash=*
(os/nvram|devices/disk/**)/source/encryption/ivgen name=* hash=*
(os/nvram|devices/disk/**)/source/reservations managed=yes|no
(os/nvram|devices/disk/**)/source/reservations/source type=unix path=* mode=server|client
(os/nvram|devices/disk/**)/source/reservations/source/reconnect enabled=yes|no timeout=*
(os/nvram|devices/disk/**)/source/host transport=tcp|rdma|unix name=* port=* socket=*
(os/nvram|devices/disk/**)/source/snapshot name=*
(os/nvram|devices/disk/**)/source/config file=*
(os/nvram|devices/disk/**)/source/auth username=*
(os/nvram|devices/disk/**)/source/auth/secret type=ceph|iscsi uuid=@secret usage=*
(os/nvram|devices/disk/**)/source/initiator
(os/nvram|devices/disk/**)/source/initiator/iqn name=*
(os/nvram|devices/disk/**)/source/cookies
(os/nvram|devices/disk/**)/source/cookies/cookie =* name=*
(os/nvram|devices/disk/**)/source/readahead size=*
(os/nvram|devices/disk/**)/source/timeout seconds=*
(os/nvram|devices/disk/**)/source/ssl verify=yes|no
(os/nvram|devices/disk/**)/source/identity user=* group=*
(os/nvram|devices/disk/**)/source/address domain=* bus=* slot=* function=*
  multifunction=on|off
(os/nvram|devices/disk/**)/source/reconnect enabled=yes|no timeout=*
`;
