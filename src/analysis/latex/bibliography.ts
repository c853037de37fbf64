/** The references that a run's methods can cite. Authors, years and venues were compared with other bibliographies. */

/** Keys of the references. */
export type Reference = keyof typeof ENTRIES;

const ENTRIES = {
  abnar2020: `@inproceedings{abnar2020,
  author = {Abnar, Samira and Zuidema, Willem},
  title = {Quantifying Attention Flow in Transformers},
  booktitle = {Proceedings of the 58th Annual Meeting of the Association for Computational Linguistics},
  pages = {4190--4197},
  year = {2020}
}`,
  alain2016: `@misc{alain2016,
  author = {Alain, Guillaume and Bengio, Yoshua},
  title = {Understanding intermediate layers using linear classifier probes},
  year = {2016},
  note = {arXiv:1610.01644}
}`,
  belrose2023: `@misc{belrose2023,
  author = {Belrose, Nora and Furman, Zach and Smith, Logan and Halawi, Danny and Ostrovsky, Igor and McKinney, Lev and Biderman, Stella and Steinhardt, Jacob},
  title = {Eliciting latent predictions from transformers with the tuned lens},
  year = {2023},
  note = {arXiv:2303.08112}
}`,
  benjamini1995: `@article{benjamini1995,
  author = {Benjamini, Yoav and Hochberg, Yosef},
  title = {Controlling the false discovery rate: a practical and powerful approach to multiple testing},
  journal = {Journal of the Royal Statistical Society: Series B},
  volume = {57},
  number = {1},
  pages = {289--300},
  year = {1995}
}`,
  breslow1980: `@book{breslow1980,
  author = {Breslow, Norman E. and Day, Nicholas E.},
  title = {Statistical Methods in Cancer Research, Volume 1: The Analysis of Case-Control Studies},
  publisher = {International Agency for Research on Cancer},
  address = {Lyon},
  year = {1980}
}`,
  clopper1934: `@article{clopper1934,
  author = {Clopper, C. J. and Pearson, E. S.},
  title = {The use of confidence or fiducial limits illustrated in the case of the binomial},
  journal = {Biometrika},
  volume = {26},
  number = {4},
  pages = {404--413},
  year = {1934}
}`,
  cobbe2021: `@misc{cobbe2021,
  author = {Cobbe, Karl and Kosaraju, Vineet and Bavarian, Mohammad and Chen, Mark and Jun, Heewoo and Kaiser, Lukasz and Plappert, Matthias and Tworek, Jerry and Hilton, Jacob and Nakano, Reiichiro and Hesse, Christopher and Schulman, John},
  title = {Training verifiers to solve math word problems},
  year = {2021},
  note = {arXiv:2110.14168}
}`,
  dilgren2026: `@misc{dilgren2026,
  author = {Dilgren, Connor and Wiegreffe, Sarah},
  title = {Are latent reasoning models easily interpretable?},
  year = {2026},
  eprint = {2604.04902},
  archivePrefix = {arXiv}
}`,
  efron1987: `@article{efron1987,
  author = {Efron, Bradley},
  title = {Better bootstrap confidence intervals},
  journal = {Journal of the American Statistical Association},
  volume = {82},
  number = {397},
  pages = {171--185},
  year = {1987}
}`,
  efron1993: `@book{efron1993,
  author = {Efron, Bradley and Tibshirani, Robert J.},
  title = {An Introduction to the Bootstrap},
  publisher = {Chapman \\& Hall},
  address = {New York},
  year = {1993}
}`,
  elhage2021: `@misc{elhage2021,
  author = {Elhage, Nelson and Nanda, Neel and Olsson, Catherine and others},
  title = {A Mathematical Framework for Transformer Circuits},
  year = {2021},
  howpublished = {Transformer Circuits Thread},
  url = {https://transformer-circuits.pub/2021/framework/index.html}
}`,
  geiger2024: `@inproceedings{geiger2024,
  author = {Geiger, Atticus and Wu, Zhengxuan and Potts, Christopher and Icard, Thomas and Goodman, Noah D.},
  title = {Finding alignments between interpretable causal variables and distributed neural representations},
  booktitle = {Proceedings of the Third Conference on Causal Learning and Reasoning},
  series = {Proceedings of Machine Learning Research},
  volume = {236},
  pages = {160--187},
  year = {2024}
}`,
  geva2023: `@inproceedings{geva2023,
  author = {Geva, Mor and Bastings, Jasmijn and Filippova, Katja and Globerson, Amir},
  title = {Dissecting recall of factual associations in auto-regressive language models},
  booktitle = {Proceedings of the 2023 Conference on Empirical Methods in Natural Language Processing},
  year = {2023},
  note = {arXiv:2304.14767}
}`,
  goyal2024: `@inproceedings{goyal2024,
  author = {Goyal, Sachin and Ji, Ziwei and Rawat, Ankit Singh and Menon, Aditya Krishna and Kumar, Sanjiv and Nagarajan, Vaishnavh},
  title = {Think before you speak: Training language models with pause tokens},
  booktitle = {International Conference on Learning Representations},
  year = {2024},
  note = {arXiv:2310.02226}
}`,
  grabisch1999: `@article{grabisch1999,
  author = {Grabisch, Michel and Roubens, Marc},
  title = {An axiomatic approach to the concept of interaction among players in cooperative games},
  journal = {International Journal of Game Theory},
  volume = {28},
  number = {4},
  pages = {547--565},
  year = {1999}
}`,
  hanna2024: `@misc{hanna2024,
  author = {Hanna, Michael and Pezzelle, Sandro and Belinkov, Yonatan},
  title = {Have faith in faithfulness: going beyond circuit overlap when finding model mechanisms},
  year = {2024},
  note = {arXiv:2403.17806}
}`,
  hao2024: `@misc{hao2024,
  author = {Hao, Shibo and Sukhbaatar, Sainbayar and Su, DiJia and Li, Xian and Hu, Zhiting and Weston, Jason and Tian, Yuandong},
  title = {Training large language models to reason in a continuous latent space},
  year = {2024},
  note = {arXiv:2412.06769}
}`,
  hewitt2019: `@inproceedings{hewitt2019,
  author = {Hewitt, John and Liang, Percy},
  title = {Designing and interpreting probes with control tasks},
  booktitle = {Proceedings of EMNLP-IJCNLP 2019},
  pages = {2733--2743},
  year = {2019}
}`,
  holm1979: `@article{holm1979,
  author = {Holm, Sture},
  title = {A simple sequentially rejective multiple test procedure},
  journal = {Scandinavian Journal of Statistics},
  volume = {6},
  number = {2},
  pages = {65--70},
  year = {1979}
}`,
  hutchinson1990: `@article{hutchinson1990,
  author = {Hutchinson, Michael F.},
  title = {A stochastic estimator of the trace of the influence matrix for {L}aplacian smoothing splines},
  journal = {Communications in Statistics -- Simulation and Computation},
  volume = {19},
  number = {2},
  pages = {433--450},
  year = {1990}
}`,
  jain2019: `@inproceedings{jain2019,
  author = {Jain, Sarthak and Wallace, Byron C.},
  title = {Attention is not explanation},
  booktitle = {Proceedings of NAACL-HLT 2019},
  pages = {3543--3556},
  year = {2019},
  note = {arXiv:1902.10186}
}`,
  kobayashi2020: `@inproceedings{kobayashi2020,
  author = {Kobayashi, Goro and Kuribayashi, Tatsuki and Yokoi, Sho and Inui, Kentaro},
  title = {Attention is Not Only a Weight: Analyzing Transformers with Vector Norms},
  booktitle = {Proceedings of the 2020 Conference on Empirical Methods in Natural Language Processing (EMNLP)},
  pages = {7057--7075},
  year = {2020}
}`,
  kramar2024: `@misc{kramar2024,
  author = {Kram{\\'a}r, J{\\'a}nos and Lieberum, Tom and Shah, Rohin and Nanda, Neel},
  title = {{AtP*}: An efficient and scalable method for localizing {LLM} behaviour to components},
  year = {2024},
  note = {arXiv:2403.00745}
}`,
  mcnemar1947: `@article{mcnemar1947,
  author = {McNemar, Quinn},
  title = {Note on the sampling error of the difference between correlated proportions or percentages},
  journal = {Psychometrika},
  volume = {12},
  number = {2},
  pages = {153--157},
  year = {1947}
}`,
  meng2022: `@inproceedings{meng2022,
  author = {Meng, Kevin and Bau, David and Andonian, Alex and Belinkov, Yonatan},
  title = {Locating and editing factual associations in {GPT}},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {35},
  pages = {17359--17372},
  year = {2022}
}`,
  nanda2022: `@misc{nanda2022,
  author = {Nanda, Neel},
  title = {Attribution patching: activation patching at industrial scale},
  year = {2022},
  howpublished = {neelnanda.io/mechanistic-interpretability/attribution-patching}
}`,
  newcombe1998: `@article{newcombe1998,
  author = {Newcombe, Robert G.},
  title = {Improved confidence intervals for the difference between binomial proportions based on paired data},
  journal = {Statistics in Medicine},
  volume = {17},
  number = {22},
  pages = {2635--2650},
  year = {1998}
}`,
  nostalgebraist2020: `@misc{nostalgebraist2020,
  author = {{nostalgebraist}},
  title = {interpreting {GPT}: the logit lens},
  howpublished = {LessWrong, \\url{https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru/interpreting-gpt-the-logit-lens}},
  year = {2020}
}`,
  phipson2010: `@article{phipson2010,
  author = {Phipson, Belinda and Smyth, Gordon K.},
  title = {Permutation {P}-values should never be zero: calculating exact {P}-values when permutations are randomly drawn},
  journal = {Statistical Applications in Genetics and Molecular Biology},
  volume = {9},
  number = {1},
  year = {2010},
  note = {Article 39}
}`,
  rao1948: `@article{rao1948,
  author = {Rao, C. Radhakrishna},
  title = {Large sample tests of statistical hypotheses concerning several parameters with applications to problems of estimation},
  journal = {Mathematical Proceedings of the Cambridge Philosophical Society},
  volume = {44},
  number = {1},
  pages = {50--57},
  year = {1948}
}`,
  rimsky2024: `@inproceedings{rimsky2024,
  author = {Rimsky, Nina and Gabrieli, Nick and Schulz, Julian and Tong, Meg and Hubinger, Evan and Turner, Alexander},
  title = {Steering {L}lama 2 via contrastive activation addition},
  booktitle = {Proceedings of the 62nd Annual Meeting of the Association for Computational Linguistics},
  pages = {15504--15522},
  year = {2024}
}`,
  shapley1953: `@incollection{shapley1953,
  author = {Shapley, Lloyd S.},
  title = {A value for n-person games},
  booktitle = {Contributions to the Theory of Games, Volume {II}},
  editor = {Kuhn, Harold W. and Tucker, Albert W.},
  publisher = {Princeton University Press},
  pages = {307--317},
  year = {1953}
}`,
  shen2025: `@inproceedings{shen2025,
  author = {Shen, Zhenyi and Yan, Hanqi and Zhang, Linhai and Hu, Zhanghao and Du, Yali and He, Yulan},
  title = {{CODI}: Compressing chain-of-thought into continuous space via self-distillation},
  booktitle = {Proceedings of the 2025 Conference on Empirical Methods in Natural Language Processing},
  pages = {677--693},
  year = {2025},
  note = {arXiv:2502.21074}
}`,
  sundararajan2017: `@inproceedings{sundararajan2017,
  author = {Sundararajan, Mukund and Taly, Ankur and Yan, Qiqi},
  title = {Axiomatic attribution for deep networks},
  booktitle = {Proceedings of the 34th International Conference on Machine Learning},
  pages = {3319--3328},
  year = {2017}
}`,
  tarone1990: `@article{tarone1990,
  author = {Tarone, R. E.},
  title = {A modified {B}onferroni method for discrete data},
  journal = {Biometrics},
  volume = {46},
  number = {2},
  pages = {515--522},
  year = {1990}
}`,
  wilson1927: `@article{wilson1927,
  author = {Wilson, Edwin B.},
  title = {Probable inference, the law of succession, and statistical inference},
  journal = {Journal of the American Statistical Association},
  volume = {22},
  number = {158},
  pages = {209--212},
  year = {1927}
}`,
  zhang2024: `@inproceedings{zhang2024,
  author = {Zhang, Fred and Nanda, Neel},
  title = {Towards best practices of activation patching in language models: metrics and methods},
  booktitle = {The Twelfth International Conference on Learning Representations},
  year = {2024},
  note = {arXiv:2309.16042}
}`,
  codilens: `@misc{codilens,
  author = {{The CodiLens contributors}},
  title = {{CodiLens}: looking inside models that reason in continuous thoughts},
  howpublished = {Software},
  year = {2026}
}`,
} as const;

/** A citation of one or more references. */
export function cite(...keys: readonly Reference[]): string {
  return `\\cite{${keys.join(",")}}`;
}

/** @param texts LaTeX. @returns a `.bib` of what they cite, no more and no less. @throws RangeError for a key that there is not. */
export function bibliographyOf(texts: readonly string[]): string {
  const keys = texts.flatMap((text) =>
    [...text.matchAll(/\\cite\{([^}]+)\}/g)].flatMap(([, some = ""]) => some.split(",")),
  );
  return [...new Set(keys)]
    .sort()
    .map((key) => {
      if (!isReference(key)) throw new RangeError(`Cannot cite "${key}": it is not among the references`);
      return `${ENTRIES[key]}\n`;
    })
    .join("\n");
}

function isReference(key: string): key is Reference {
  return Object.hasOwn(ENTRIES, key);
}
