{
  description = "Ask a whole fleet of Kubernetes clusters what you would ask one";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      manifest = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).package;
    in
    {
      packages = each (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = manifest.name;
          version = manifest.version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          nativeBuildInputs = [ pkgs.installShellFiles ];
          # The tests need a network interface and a home folder: `make test` runs them.
          doCheck = false;
          postInstall = ''
            rm -f man/mc-enrich.1 completions/*/*mc-enrich*
            installManPage man/*.[157]
            installShellCompletion --bash completions/bash/*
            installShellCompletion --zsh completions/zsh/*
            installShellCompletion --fish completions/fish/*
          '';
          meta = {
            inherit (manifest) description;
            homepage = manifest.repository;
            license = pkgs.lib.licenses.asl20;
            mainProgram = "kubectl-mc";
          };
        };
      });
    };
}
